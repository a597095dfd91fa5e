"""Compares fits of logistic regression with scikit-learn's, on features that the test program wrote.

usage: check_logistic_regression.py CASES.json
Exit code 77 (skipped) where scikit-learn is missing.
"""

import json
import sys

try:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
except ImportError:
    print("skipped: scikit-learn is not installed (tools/setup/install_torch.sh VENV python)")
    sys.exit(77)


def fit(features, labels, strength):
    """Weights and biases of the mean loss + strength / 2 * |weights|^2."""
    model = LogisticRegression(C=1 / (strength * len(labels)), tol=1e-10, max_iter=10000)
    model.fit(features, labels)
    return model


def check(case):
    features = np.array(case["features"], dtype=np.float64)
    targets = np.array(case["targets"], dtype=np.float64)
    logits = features @ np.array(case["weight"]).T + np.array(case["bias"])
    if case["multinomial"]:
        expected = fit(features, targets.argmax(1), case["strength"]).decision_function(features)
        if targets.shape[1] == 2:  # scikit-learn has one logit there, and one weight for the two
            raise AssertionError("cases have three classes or more")
        logits -= logits.mean(1, keepdims=True)
        expected -= expected.mean(1, keepdims=True)
    else:
        columns = [fit(features, column, case["strength"]).decision_function(features) for column in targets.T]
        expected = np.stack(columns, axis=1)
    difference = np.abs(logits - expected).max() / np.abs(expected).max()
    assert difference < 1e-4, difference


cases = json.load(open(sys.argv[1]))
assert cases
for number, case in enumerate(cases):
    check(case)
print(f"{len(cases)} cases agree with scikit-learn")
