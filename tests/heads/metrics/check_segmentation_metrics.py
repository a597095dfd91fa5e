"""Compares the metrics of segmentation with scikit-learn's, on label maps that the test program wrote.

usage: check_segmentation_metrics.py CASES.json
Exit code 77 (skipped) where scikit-learn is missing.
"""

import json
import math
import sys

try:
    from sklearn.metrics import accuracy_score, f1_score, jaccard_score, recall_score
except ImportError:
    print("skipped: scikit-learn is not installed (tools/setup/install_torch.sh VENV python)")
    sys.exit(77)


def check(case):
    kept = [(p, t) for p, t in zip(case["predictions"], case["labels"]) if t != 255]
    predictions, labels = [p for p, _ in kept], [t for _, t in kept]
    present = sorted(set(predictions) | set(labels))
    result = case["result"]
    arguments = dict(y_true=labels, y_pred=predictions, labels=present, average=None, zero_division=0)
    expected = {
        "iou": jaccard_score(**arguments),
        "dice": f1_score(**arguments),
        "accuracy": recall_score(**arguments),
    }
    for name, values in expected.items():
        means = []
        for row_index, row in enumerate(result["per_class"]):
            if row_index not in present or (name == "accuracy" and row_index not in labels):
                assert row[name] is None, (name, row)
                continue
            value = values[present.index(row_index)]
            assert math.isclose(row[name], value, abs_tol=1e-12), (name, row, value)
            means.append(value)
        mean = result[{"iou": "miou", "dice": "mean_dice", "accuracy": "mean_accuracy"}[name]]
        if len(set(labels)) < 2:
            assert mean is None, (name, mean)  # no mean over classes of one alone
            continue
        assert math.isclose(mean, sum(means) / len(means), abs_tol=1e-12), (name, mean)
    accuracy = accuracy_score(labels, predictions)
    assert math.isclose(result["pixel_accuracy"], accuracy, abs_tol=1e-12), accuracy


cases = json.load(open(sys.argv[1]))
for number, case in enumerate(cases):
    check(case)
print(f"{len(cases)} cases agree with scikit-learn")
