"""Trains what service.py serves: train.py TICKETS MODEL. A fifth of every class is held out, as ours is."""

import csv
import sys

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

FEATURES = ["ticket_length", "urgency_keywords", "business_impact", "customer_tier"]
CLASSES = ["Low", "Medium", "High"]


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return (np.array([[float(row[name]) for name in FEATURES] for row in rows]),
            np.array([CLASSES.index(row["severity"]) for row in rows]))


def fit(x, y):
    """The scaler goes into the coefficients, so that a request has nothing to scale."""
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(tol=1e-8, max_iter=1000).fit(scaler.transform(x), y)
    model.coef_ = model.coef_ / scaler.scale_
    model.intercept_ = model.intercept_ - model.coef_ @ scaler.mean_
    return model


def reference(x):
    """Per feature the edges at the deciles, equal ones merged, and the rows in the cells between them."""
    edges = [np.unique(np.quantile(column, np.arange(1, 10) / 10)) for column in x.T]
    return [(e, np.bincount(np.searchsorted(e, column), minlength=len(e) + 1)) for e, column in zip(edges, x.T)]


def main():
    x, y = read(sys.argv[1])
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=7)
    model = fit(x_train, y_train)
    accuracy = model.score(x_test, y_test)
    joblib.dump({"model": model, "features": FEATURES, "classes": CLASSES, "accuracy": accuracy, "version": "peer-1",
                 "reference": reference(x_train)}, sys.argv[2])
    print(f"{accuracy:.4f}")


if __name__ == "__main__":
    main()
