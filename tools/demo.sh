#!/usr/bin/env bash
# demo.sh MULTIPOLE FOLDER: classifies the photographs in FOLDER/pictures and segments those in FOLDER/scenes with the
# shipped checkpoints; the segmented ones are left in FOLDER.
set -euo pipefail

multipole=$1 folder=$2
classifier=models/multipole_nano_cifar10.safetensors
segmenter=models/multipole_nano_camvid.safetensors
cat >&2 <<TEXT

Classifying photographs with $classifier, trained on the 32 x 32 pictures of CIFAR-10.
It knows ten things: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
chelsea is a cat, horse a drawn silhouette; rocket and coffee belong to none of its classes.

TEXT
"$multipole" classify predict --model "$classifier" --top-k 3 "$folder/pictures"

[ -e "$segmenter" ] || exit 0
cat >&2 <<TEXT

Segmenting photographs with $segmenter, trained on the street scenes of CamVid:
it gives every pixel one of 11 classes of things that one sees from a car.

TEXT
"$multipole" segment predict --model "$segmenter" --overlay --legend --out "$folder" "$folder/scenes"
echo "Look at $(ls "$folder"/*.overlay.jpg | tr '\n' ' '); the *.legend.svg beside them name the colours" >&2
