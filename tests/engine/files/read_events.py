"""read_events.py FOLDER: prints what TensorBoard finds in a folder, one line a value."""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
for tag in tags["scalars"]:
    for event in events.Scalars(tag):
        print("scalar", tag, event.step, event.value)
for tag in tags["images"]:
    for event in events.Images(tag):
        print("image", tag, event.step, f"{event.width}x{event.height}", event.encoded_image_string.decode())
for tag in tags["tensors"]:
    plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
    for event in events.Tensors(tag):
        text = tensor_util.make_ndarray(event.tensor_proto).item().decode()
        print(plugin, tag.removesuffix("/text_summary"), event.step, text)
