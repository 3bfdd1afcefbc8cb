#!/usr/bin/env python3
"""Makes the models in sklearn/, pipelines of scikit-learn as skl2onnx writes them, with
what scikit-learn says of some rows.

  make_sklearn.py OUT

Needs scikit-learn and skl2onnx.
"""

import pathlib
import sys
import warnings

import numpy as np
import onnx
from skl2onnx import to_onnx
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge, RidgeClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler

ROWS = 8


def main():
    warnings.simplefilter("ignore")
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(3)
    x = draw.standard_normal((200, 6)).astype(np.float32)
    two = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(np.int64)
    three = (np.digitize(x[:, 2] + x[:, 3], (-0.7, 0.7)) * 5 + 2).astype(np.int64)
    value = (x @ draw.standard_normal(6) + 1).astype(np.float32)
    values = np.stack([value, x[:, 0]], 1)
    holes = np.where(draw.random(x.shape) < 0.1, np.nan, x).astype(np.float32)
    short = {"max_iter": 50, "random_state": 0}
    cases = {
        "logistic_two": (make_pipeline(StandardScaler(), LogisticRegression()), x, two),
        "logistic_three": (make_pipeline(MinMaxScaler(), LogisticRegression()), x, three),
        "logistic_table": (LogisticRegression(), x, three),
        "linear_two": (make_pipeline(MaxAbsScaler(), Ridge()), x, values),
        "imputed": (make_pipeline(SimpleImputer(), StandardScaler(), Ridge()), holes, value),
        "ridge_classifier": (make_pipeline(Normalizer("l2"), RidgeClassifier()), x, two),
        "perceptron": (Perceptron(random_state=0), x, three),
        "pca": (make_pipeline(StandardScaler(), PCA(3), LogisticRegression()), x, two),
        "mlp_two": (make_pipeline(StandardScaler(), MLPClassifier((8,), **short)), x, two),
        "mlp_three": (MLPClassifier((8, 4), "tanh", **short), x, three),
        "mlp_regressor": (MLPRegressor(hidden_layer_sizes=(8,), activation="logistic", **short),
                          x, value),
    }
    for name, (model, features, target) in cases.items():
        model.fit(features, target)
        keeps_table = name in ("logistic_table", "perceptron")
        options = {} if keeps_table or not hasattr(model, "predict_proba") else {"zipmap": False}
        exported = to_onnx(model, features[:1], options={id(model): options}, target_opset=17)
        onnx.save(exported, out / f"{name}.onnx")
        rows = features[:ROWS]
        results = {"label": model.predict(rows)}
        for method in ("predict_proba", "decision_function"):
            if hasattr(model, method):
                results["scores"] = getattr(model, method)(rows).astype(np.float32)
                break
        np.savez_compressed(out / f"{name}.npz", X=rows, **results)


main()
