# Everything from a bare Debian or Ubuntu machine: `make demo`, `make test`. Each step leaves a stamp and is skipped when
# nothing that it depends on has changed.
BUILD := build
VENV := .venv
PYTHON ?= python3

.PHONY: help build command demo test packages venv python clean

help:
	@echo 'make demo     set up, build, then classify and segment real photographs with the shipped checkpoints'
	@echo 'make test     set up, build and run all tests'
	@echo 'make build    build/multipole, build/libmultipole_ops.so, and $(VENV) complete for Python users'
	@echo 'make command  build/multipole and the op library only, with the small LibTorch set-up'
	@echo 'make clean    remove the build folder'

packages: tools/setup/packages.txt
	@tools/setup/install_packages.sh tools/setup/packages.txt

# LibTorch: PyPI's torch wheel without the CUDA libraries, which the command does not need
venv: packages
	@PYTHON=$(PYTHON) tools/setup/install_torch.sh $(VENV) libtorch

# the same environment with everything that `import torch` needs
python: venv
	@PYTHON=$(PYTHON) tools/setup/install_torch.sh $(VENV) python

$(BUILD)/build.ninja: CMakePresets.json CMakeLists.txt | venv
	cmake --preset release -B $(BUILD)

command: venv $(BUILD)/build.ninja
	cmake --build $(BUILD) --target multipole multipole_ops

build: command python

demo: command
	@tools/setup/fetch_pictures.sh $(VENV) demo/pictures scikit-image chelsea.png horse.png rocket.jpg coffee.png
	@tools/setup/fetch_pictures.sh $(VENV) demo/scenes scikit-learn china.jpg
	@tools/demo.sh $(BUILD)/multipole demo

test: build
	cmake --build $(BUILD)
	ctest --test-dir $(BUILD) --output-on-failure --parallel $$(nproc)

clean:
	cmake -E rm -rf $(BUILD)
