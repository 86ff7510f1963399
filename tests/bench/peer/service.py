"""What /predict is measured beside: a service with FastAPI on uvicorn (uvloop, httptools), scikit-learn and
prometheus_client.

As somebody writes it who knows these libraries: no pandas, no scaler and no thread pool in a request, the child of
every metric looked up once, the answer made by orjson without a response model, rows stored in batches by a thread,
drift computed by a task beside the requests, prometheus_client's multiprocess mode (on a tmpfs) with more than one
worker, no access log and no tracing.

As ours it has: POST /predict and /predict/batch with the same bodies, limits and fields of the answer (422 for what is
out of range or unknown), a logistic regression of the same four features and three classes, counters of predictions
and errors, histograms of latency and of each feature's values, gauges of the model and of drift over the last 200
predictions, every prediction in SQLite (WAL) within 50 ms, GET /health and /metrics.

Easier for it: drift is PSI only, once a second (ours adds KS, Wasserstein, Jensen-Shannon, critical values and votes,
after every 25 predictions, up to fifty times a second); with two workers each has a window of its own; ids are uuid4
(ours are signed, so that feedback needs no look into the database); no metrics of HTTP, no exemplars, no check of Host,
no deadlines and limits for slow clients, no bound on rows not yet written, no feedback, triage, LLM side and
simulations.

Environment: PEER_MODEL (of train.py), PEER_ROWS (a database), with several workers PROMETHEUS_MULTIPROC_DIR, and
PEER_SOFTMAX: scikit-learn, or numpy for the same model without scikit-learn in a request, whose checks of one row cost
more than all else: what somebody writes who has profiled it.
"""

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
import uuid
from collections import deque

import joblib
import numpy as np
import orjson
import sklearn
from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import (CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram,
                               generate_latest, multiprocess)
from pydantic import BaseModel, ConfigDict, Field

sklearn.set_config(assume_finite=True, skip_parameter_validation=True)  # pydantic has looked at every number

TRAINED = joblib.load(os.environ["PEER_MODEL"])
MODEL, FEATURES, CLASSES = TRAINED["model"], TRAINED["features"], TRAINED["classes"]
WINDOW, WINDOW_LEAST = 200, 100
WRITE_EVERY_S, DRIFT_EVERY_S = 0.05, 1

predictions = Counter("ml_predictions", "Predictions", ["predicted_severity", "status"])
succeeded = [predictions.labels(name, "success") for name in CLASSES]
failed = predictions.labels("none", "error")
errors = Counter("ml_prediction_errors", "Requests without a prediction", ["error_type"]).labels("validation")
latency = Histogram("ml_prediction_latency_seconds", "Time of a prediction",
                    buckets=(25e-6, 50e-6, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1))
values = [Histogram(f"ml_feature_value_{name}", f"Values of {name}", buckets=edges.tolist())
          for name, (edges, _) in zip(FEATURES, TRAINED["reference"])]
per_worker = {"multiprocess_mode": "livemax"}
Gauge("ml_model_accuracy", "Accuracy on held-out rows", **per_worker).set(TRAINED["accuracy"])
drift_score = Gauge("ml_data_drift_score", "Drift of the last predictions, 0 to 1", **per_worker)
drift_psi = Gauge("ml_feature_psi", "PSI of a feature", ["feature"], **per_worker)
drift_samples = Gauge("ml_drift_samples_analyzed", "Predictions in the window", **per_worker)

def softmax(x):
    """predict_proba without its checks."""
    logits = x @ MODEL.coef_.T + MODEL.intercept_
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


probabilities_of = {"numpy": softmax, "scikit-learn": MODEL.predict_proba}[os.environ["PEER_SOFTMAX"]]

window = deque(maxlen=WINDOW)  # rows of four numbers
unwritten = deque()


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket_length: int = Field(ge=0, le=1000)
    urgency_keywords: int = Field(ge=0, le=20)
    business_impact: float = Field(ge=0, le=10, allow_inf_nan=False)
    customer_tier: int = Field(ge=1, le=5)

    def numbers(self):
        return self.ticket_length, self.urgency_keywords, self.business_impact, self.customer_tier


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: list[Ticket] = Field(min_length=1, max_length=10000)


def predict(rows, began):
    """The answers to rows of four numbers, counted, kept for drift and queued for the database."""
    shares = probabilities_of(np.array(rows, dtype=float))
    answers = []
    at_ms, took_ms = time.time_ns() // 1_000_000, (time.perf_counter() - began) * 1e3
    for row, probabilities, code in zip(rows, shares.tolist(), shares.argmax(1).tolist()):
        prediction_id = uuid.uuid4().hex
        confidence = probabilities[code]
        answers.append({"severity": CLASSES[code], "severity_code": code, "confidence": confidence,
                        "probabilities": dict(zip(CLASSES, probabilities)), "prediction_id": prediction_id})
        succeeded[code].inc()
        for histogram, value in zip(values, row):
            histogram.observe(value)
        unwritten.append((prediction_id, at_ms, *row, code, confidence, took_ms))
    window.extend(rows)
    return answers


def respond(body, began):
    body["model_version"] = TRAINED["version"]
    body["processing_time_ms"] = round((time.perf_counter() - began) * 1e3, 3)
    return Response(orjson.dumps(body), media_type="application/json")


def write_rows(stop):
    """The thread that owns the database; when it is to stop, it first writes what is left."""
    with contextlib.closing(sqlite3.connect(os.environ["PEER_ROWS"], timeout=10)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("CREATE TABLE IF NOT EXISTS predictions (sequence INTEGER PRIMARY KEY, id TEXT, at_ms INTEGER,"
                   " x0 REAL, x1 REAL, x2 REAL, x3 REAL, class INTEGER, confidence REAL, duration_ms REAL)")
        is_last = False
        while not is_last:
            is_last = stop.wait(WRITE_EVERY_S)
            rows = [unwritten.popleft() for _ in range(len(unwritten))]
            with db:
                db.executemany("INSERT INTO predictions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def severity(edges, reference, sample):
    """PSI of a feature and how severe it is, 0 to 1, by the formulas of docs/drift.md."""
    counts = np.bincount(np.searchsorted(edges, sample), minlength=len(edges) + 1)
    n, m, cells = counts.sum(), reference.sum(), len(counts)
    p, q = (counts + 0.5) / (n + 0.5 * cells), (reference + 0.5) / (m + 0.5 * cells)
    psi = float(((p - q) * np.log(p / q)).sum())
    return psi, 1 - 2 ** (-max(0, psi - (cells - 1) * (1 / n + 1 / m)) / 0.25)


async def watch_drift():
    while True:
        await asyncio.sleep(DRIFT_EVERY_S)
        drift_samples.set(len(window))
        if len(window) < WINDOW_LEAST:
            continue
        cubes = 0
        for name, (edges, reference), sample in zip(FEATURES, TRAINED["reference"], np.array(window, dtype=float).T):
            psi, severe = severity(edges, reference, sample)
            drift_psi.labels(name).set(psi)
            cubes += severe ** 3
        drift_score.set(min(1, (cubes / len(FEATURES)) ** (1 / 3)))


@contextlib.asynccontextmanager
async def lifespan(_):
    stop = threading.Event()
    writer = threading.Thread(target=write_rows, args=(stop,))
    writer.start()
    drift = asyncio.create_task(watch_drift())
    yield
    drift.cancel()
    stop.set()
    writer.join()


app = FastAPI(lifespan=lifespan, telemetry={"tracing": False, "metrics": False, "logs": False})


@app.exception_handler(RequestValidationError)
async def refuse(_, error):
    errors.inc()
    failed.inc()
    body = {"detail": [{"field": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]}
    return Response(orjson.dumps(body), 422, media_type="application/json")


@app.post("/predict")
async def predict_one(ticket: Ticket):
    began = time.perf_counter()
    answer = predict([ticket.numbers()], began)[0]
    latency.observe(time.perf_counter() - began)
    return respond(answer, began)


@app.post("/predict/batch")
async def predict_batch(batch: Batch):
    began = time.perf_counter()
    return respond({"predictions": predict([ticket.numbers() for ticket in batch.rows], began)}, began)


@app.get("/health")
async def health():
    return Response(b'{"status":"ok"}', media_type="application/json")


@app.get("/metrics")
async def metrics():
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
