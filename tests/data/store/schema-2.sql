-- A database of schema 2. The store's code of the commit "store: keep the answers of the LLM side"
-- opened a new file, put these rows and closed it; this is the dump of that file. Made once, never edited.
PRAGMA auto_vacuum=INCREMENTAL;
BEGIN TRANSACTION;
CREATE TABLE answers (  id INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  kind INTEGER NOT NULL,  status INTEGER NOT NULL,  origin INTEGER NOT NULL,  class INTEGER,  relevance REAL, hallucination REAL, groundedness REAL, answer_relevance REAL,  duration_ms REAL NOT NULL,  simulation INTEGER,  trace_id TEXT NOT NULL,  model TEXT NOT NULL,  query TEXT NOT NULL,  detail TEXT NOT NULL);
INSERT INTO "answers" VALUES(1700000000000006,1700000007000,0,0,0,NULL,0.5,0.25,0.75,0.5,12.5,NULL,'0123456789abcdef0123456789abcdef','extractive','How do I reset my password?','{"answer":"Open the portal."}');
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "counters" VALUES('last_sequence',1700000000000006);
INSERT INTO "counters" VALUES('predictions',5);
CREATE TABLE events (  id INTEGER PRIMARY KEY AUTOINCREMENT,  at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  subject TEXT NOT NULL,  detail TEXT);
INSERT INTO "events" VALUES(1,1700000000500,'server','started','{"version":"0.1.0"}');
CREATE TABLE feedback (  id INTEGER PRIMARY KEY,  prediction INTEGER NOT NULL,  at_ms INTEGER NOT NULL,  predicted_class INTEGER NOT NULL,  true_class INTEGER NOT NULL,  origin INTEGER NOT NULL,  confidence REAL NOT NULL);
INSERT INTO "feedback" VALUES(1,1700000000000002,1700000100000,2,1,0,0.75);
CREATE TABLE predictions (  sequence INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  x0 REAL NOT NULL, x1 REAL NOT NULL, x2 REAL NOT NULL, x3 REAL NOT NULL,  class INTEGER NOT NULL,  origin INTEGER NOT NULL,  confidence REAL NOT NULL,  duration_ms REAL NOT NULL,  simulation INTEGER);
INSERT INTO "predictions" VALUES(1700000000000001,1700000001000,101.0,2.0,5.25,3.0,1,0,0.75,0.5,NULL);
INSERT INTO "predictions" VALUES(1700000000000002,1700000002000,102.0,2.0,5.25,3.0,2,0,0.75,0.5,NULL);
INSERT INTO "predictions" VALUES(1700000000000003,1700000003000,103.0,2.0,5.25,3.0,0,0,0.75,0.5,NULL);
INSERT INTO "predictions" VALUES(1700000000000004,1700000004000,104.0,2.0,5.25,3.0,1,2,0.75,0.5,1);
INSERT INTO "predictions" VALUES(1700000000000005,1700000005000,105.0,2.0,5.25,3.0,2,0,0.75,0.5,NULL);
CREATE TABLE simulations (  id INTEGER PRIMARY KEY,  started_at_ms INTEGER NOT NULL,  ended_at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  state TEXT NOT NULL,  detail TEXT,  idempotency_key TEXT NOT NULL);
INSERT INTO "simulations" VALUES(1,1700000001000,1700000009000,'drift','stopped','{"id":1,"state":"stopped"}','key-1');
INSERT INTO "simulations" VALUES(2,1700000011000,0,'baseline','running','{"id":2,"state":"running","ended_at_ms":null}','key-2');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',1);
COMMIT;
PRAGMA user_version=2;
PRAGMA application_id=1413764948;
