"""Reference numbers for the risk model, from scikit-learn and shap.

    python -m venv v && v/bin/pip install scikit-learn==1.9.1 shap==0.51
    v/bin/python tests/reference/risk_reference.py synthetic      writes risk_synthetic.json, inputs and all
    PITCHGUARD_REFERENCE_INPUTS=/tmp/inputs cargo nextest run --test risk real
    v/bin/python tests/reference/risk_reference.py real /tmp/inputs   writes risk_real.json: results only, no data
"""

import json
import pathlib
import sys

import numpy as np
import shap
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent


def reference(x, y, xc, yc, xt, c):
    model = LogisticRegression(C=c, class_weight="balanced", solver="newton-cholesky", tol=1e-10, max_iter=1000)
    model.fit(x, y)
    calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid").fit(xc, yc)
    sigmoid = calibrated.calibrated_classifiers_[0].calibrators[0]
    explainer = shap.LinearExplainer(model, shap.maskers.Independent(x, max_samples=len(x)))
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(model.decision_function(xc), yc)
    return {
        "c": c,
        "coefficients": model.coef_[0].tolist(),
        "intercept": float(model.intercept_[0]),
        "platt": [float(sigmoid.a_), float(sigmoid.b_)],
        "probabilities": calibrated.predict_proba(xt)[:, 1].tolist(),
        # The explainer's values are in the model's own decision; -A brings them to calibrated log-odds.
        "shap": (-sigmoid.a_ * explainer.shap_values(xt)).tolist(),
        "isotonic": isotonic.predict(model.decision_function(xt)).tolist(),
    }


def synthetic():
    rng = np.random.default_rng(4)
    weights = np.array([0.8, -0.5, 0.3, 0.0, 0.1])

    def rows(n):
        x = np.round(rng.normal(size=(n, 5)), 3)
        x[:, 3] = np.round(0.7 * x[:, 0] + 0.3 * x[:, 3], 3)
        p = 1 / (1 + np.exp(-(x @ weights - 2.2)))
        return x, (rng.random(n) < p).astype(int)

    (x, y), (xc, yc), (xt, _) = rows(400), rows(1200), rows(12)
    out = {"train": x.tolist(), "train_y": y.tolist(), "calibrate": xc.tolist(), "calibrate_y": yc.tolist()}
    out |= {"test": xt.tolist(), "cases": [reference(x, y, xc, yc, xt, c) for c in (0.001, 0.1, 1.0)]}
    (HERE / "risk_synthetic.json").write_text(json.dumps(out))


def real(inputs):
    def rows(name):
        table = np.loadtxt(pathlib.Path(inputs) / f"{name}.csv", delimiter=",")
        return table[:, :-1], table[:, -1].astype(int)

    (x, y), (xc, yc), (xt, _) = rows("train"), rows("calibrate"), rows("test")
    case = reference(x, y, xc, yc, xt, 0.01)
    case["rows"] = [len(x), len(xc), len(xt)]
    (HERE / "risk_real.json").write_text(json.dumps(case))


if __name__ == "__main__":
    synthetic() if sys.argv[1] == "synthetic" else real(sys.argv[2])
