#!/usr/bin/env bash
# demo.sh MULTIPOLE FOLDER: classifies the photographs in FOLDER/pictures with the shipped checkpoint.
set -euo pipefail

multipole=$1 folder=$2
model=models/multipole_nano_cifar10.safetensors
cat >&2 <<TEXT

Classifying photographs with $model, trained on the 32 x 32 pictures of CIFAR-10.
It knows ten things: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
chelsea is a cat, horse a drawn silhouette; rocket and coffee belong to none of its classes.

TEXT
"$multipole" classify predict --model "$model" --top-k 3 "$folder/pictures"
