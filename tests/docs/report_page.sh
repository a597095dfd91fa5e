#!/bin/bash
# Trains on a few drawn pictures, a classifier and a segmentation model, and checks the pages that come of it. Usage: report_page.sh MULTIPOLE PYTHON
set -eo pipefail
here=$(dirname "$(readlink -f "$0")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" data synth --out "$folder/figures" --classes 10 --train 40 --val 20 --size 32 > /dev/null
"$1" classify train --quiet --data "$folder/figures" --out "$folder/run" --recipe auto --epochs 2 > /dev/null
"$2" "$here/check_page.py" "$folder/run/report.html"
{
  echo 'path,labels,split'
  cd "$folder/figures"
  for picture in */*/*.png; do echo "$picture,$(basename "$(dirname "$picture")");figure,${picture%%/*}"; done
} > "$folder/figures/several.csv"
"$1" classify train --quiet --data "$folder/figures/several.csv" --out "$folder/several" --epochs 1 > /dev/null
"$2" "$here/check_page.py" "$folder/several/report.html"
"$1" data synth --kind segment --out "$folder/shapes" --classes 3 --train 8 --val 4 --size 40 > /dev/null
for name in first second; do
  "$1" segment train --quiet --data "$folder/shapes" --out "$folder/$name" --epochs 1 --set "model.backbone.depths=[1,1,1,1]" \
    --set "augmentation.crop_size=[32,32]" > /dev/null
done
"$2" "$here/check_page.py" "$folder/first/report.html"
"$1" report "$folder/first" "$folder/second" --out "$folder/comparison.html" > /dev/null
"$2" "$here/check_page.py" "$folder/comparison.html"
