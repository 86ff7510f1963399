"""The topology of docs/guides/scale-out.md on free ports of this machine: three replicas of the ML API and two of the LLM
API behind nginx, one Chroma, Prometheus with fast alerts that writes to VictoriaMetrics, Alertmanager. nginx and
Prometheus run the files of assets/scale-out. Ends what it started, by pid."""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from server import BUILD, SOURCE, Server, free_port
from stack import answers, fetch, wait_for
from test_llm_api import wait_until_loaded
from test_vector_api import Api, chroma_server

FILES = SOURCE / "assets/scale-out"
NAME = "tidewatch.example"  # what clients call it
ML, LLM = ("ml-1", "ml-2", "ml-3"), ("llm-1", "llm-2")
# The addresses in the files, by who has them there.
ADDRESSES = {"proxy": 8080, "inner proxy": 8081, "victoria": 8428, ("ml-1", "ml"): 8010, ("ml-1", "ops"): 8013,
             ("ml-2", "ml"): 8020, ("ml-2", "ops"): 8023, ("ml-3", "ml"): 8030, ("ml-3", "ops"): 8033,
             ("llm-1", "llm"): 8041, ("llm-1", "ops"): 8043, ("llm-2", "llm"): 8051, ("llm-2", "ops"): 8053}
# As the guide says: by default Alertmanager takes a service for down when one of its replicas is.
BY_SERVICE = """    target_matchers: [alertname != "APIDown"]
    equal: [service]
  # Tickets are triaged where the model is.
  - source_matchers: [alertname = "APIDown", service = "ml-api"]
    target_matchers: [service = "triage"]
"""
BY_INSTANCE = """    target_matchers: [alertname != "APIDown"]
    equal: [service, instance]
"""
NGINX_MAIN = """{user}worker_processes 2;
daemon off;
pid nginx.pid;
error_log error.log notice;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include tidewatch.conf;
}}
"""


def nginx_program():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def end(process):
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        return True
    except OSError:
        return False


def replaced(text, pairs):
    """All at once; each must be there."""
    for old, new in pairs.items():
        if old not in text:
            raise AssertionError(f"{old} does not stand in it")
        text = text.replace(old, f"\0{new}\0")
    return text.replace("\0", "")


class Fleet:
    """Use as a context manager. `replicas` are Servers by name; `servers` has the ports of the others."""

    def __init__(self, weights):
        self.weights = weights
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidewatch-fleet-"))
        self.ports = {name: free_port() for name in ("proxy", "inner proxy", "victoria", "prometheus", "alertmanager")}
        self.replicas, self.opened = {}, contextlib.ExitStack()
        self.load_s = []  # until an LLM replica had its knowledge base, as they were started

    # ---- Start and stop

    def __enter__(self):
        try:
            self.start_replicas()
            self.start_proxy()
            self.start_monitoring()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            self.opened.__exit__(kind, None, None)
            if kind:
                for log in sorted(self.folder.glob("*.log")) + [self.folder / "nginx/error.log"]:
                    sys.stderr.write(f"---- {log.name}\n{log.read_text(errors='replace')[-3000:] if log.exists() else ''}")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_replicas(self):
        self.ports["chroma"] = self.opened.enter_context(chroma_server())
        for name in (*ML, *LLM):
            self.add_replica(name)
        first, *others = self.replicas.values()
        self.opened.enter_context(first)
        for replica in others:  # what makes them know each other's predictions
            shutil.copy2(first.state / "signing.key", replica.state)
        for replica in others:
            began = time.monotonic()
            self.opened.enter_context(replica)
            if "llm" in replica.listeners():  # one after the other: the second finds the vectors of the first
                wait_until_loaded(replica)
                self.load_s.append(time.monotonic() - began)

    def add_replica(self, name):
        side, _, number = name.partition("-")
        settings = [f"server.roles={side},ops", f"server.replica={number}", f"http.hosts={NAME}", "server.log_level=warn",
                    f"prometheus.url=http://127.0.0.1:{self.ports['prometheus']}"]
        if side == "ml":
            settings += [f"llm.url=http://127.0.0.1:{self.ports['inner proxy']}"]
        else:
            settings += [f"chroma.url=http://127.0.0.1:{self.ports['chroma']}", f"encoder.weights={self.weights}"]
        state = self.folder / name
        state.mkdir(mode=0o700)
        self.replicas[name] = Server(*settings, state=state)

    def start_proxy(self):
        folder = self.folder / "nginx"
        folder.mkdir()
        user = f"user {pwd.getpwuid(0).pw_name};\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX_MAIN.format(user=user))
        one_client = {"rate=50r/s": "rate=20000r/s", "burst=100 ": "burst=20000 "}  # of one address, which all of ours have
        (folder / "tidewatch.conf").write_text(replaced((FILES / "nginx.conf").read_text(), {
            **self.addresses("proxy", "inner proxy", *[(name, "ml") for name in ML], *[(name, "llm") for name in LLM]),
            **one_client, "/var/log/nginx/tidewatch.log": str(folder / "access.log")}))
        self.launch("nginx", lambda: accepts(self.ports["proxy"]), nginx_program(), "-p", folder, "-c", "nginx.conf",
                    "-e", "error.log")

    def start_monitoring(self):
        source, config, address = self.folder / "prom", self.folder / "config", self.address
        shutil.copytree(SOURCE / "prom", source)
        shutil.copy(FILES / "rules/fleet-alerts.yml", source / "rules")
        alertmanager = source / "alertmanager.yml"
        alertmanager.write_text(replaced(alertmanager.read_text(), {BY_SERVICE: BY_INSTANCE}))
        (source / "prometheus.yml").write_text(replaced((FILES / "prometheus.yml").read_text(), self.addresses(
            "victoria", *[key for key in ADDRESSES if isinstance(key, tuple)])))
        first = self.replicas[ML[0]]
        subprocess.run([BUILD / "src/server/tidewatchd", "render-config", "--out", config, "--fast-alerts",
                        f"--prometheus.source_dir={source}", f"--state.dir={first.state}",
                        f"--listen.ops=127.0.0.1:{first.ports['ops']}", f"--prometheus.listen={address('prometheus')}",
                        f"--alertmanager.listen={address('alertmanager')}"], check=True, stdout=subprocess.DEVNULL,
                       cwd=self.folder, env={"PATH": os.environ["PATH"]})
        self.launch("victoria-metrics", lambda: answers(f"{self.url('victoria')}/health"), "victoria-metrics",
                    f"-storageDataPath={self.folder / 'victoria'}", f"-httpListenAddr={address('victoria')}",
                    "-retentionPeriod=1d", "-search.latencyOffset=1s")
        self.launch("alertmanager", lambda: answers(f"{self.url('alertmanager')}/-/ready"),
                    shutil.which("prometheus-alertmanager") or "alertmanager",
                    f"--config.file={config / 'alertmanager.yml'}", f"--storage.path={self.folder / 'alertmanager'}",
                    f"--web.listen-address={address('alertmanager')}", "--cluster.listen-address=")
        self.launch("prometheus", lambda: answers(f"{self.url('prometheus')}/-/ready"), "prometheus",
                    f"--config.file={config / 'prometheus.yml'}", f"--storage.tsdb.path={self.folder / 'prometheus'}",
                    f"--web.listen-address={address('prometheus')}", "--rules.alert.resend-delay=5s")

    def launch(self, name, is_ready, *command):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.opened.callback(end, process)

        def has_started():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended with {process.returncode}")
            return is_ready()

        wait_for(f"{name} is ready", has_started, 60)

    # ---- Where things are

    def address(self, name):
        return f"127.0.0.1:{self.ports[name]}"

    def url(self, name):
        return f"http://{self.address(name)}"

    def port_of(self, key):
        return self.replicas[key[0]].ports[key[1]] if isinstance(key, tuple) else self.ports[key]

    def addresses(self, *keys):
        """{an address as the files have it: the one here}"""
        return {f"127.0.0.1:{ADDRESSES[key]}": f"127.0.0.1:{self.port_of(key)}" for key in keys}

    def instance(self, name, listener):
        """As Prometheus calls it."""
        return f"127.0.0.1:{self.replicas[name].ports[listener]}"

    def name_of(self, address):
        """The replica that listens there; None for another's."""
        port = int(address.rpartition(":")[2])
        return next((name for name, replica in self.replicas.items() if port in replica.ports.values()), None)

    def all_ports(self):
        return [*self.ports.values(), *(replica.ports[name] for replica in self.replicas.values()
                                        for name in replica.listeners())]

    # ---- Questions

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.ports["proxy"], timeout=90)

    def ask(self, path, body=None, connection=None):
        """(status, what came as JSON or None) through the proxy, as a client."""
        own = connection or self.connect()
        headers = {"Host": NAME, "Content-Type": "application/json"}
        own.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers)
        answer = own.getresponse()
        text = answer.read()
        if connection is None:
            own.close()
        return answer.status, json.loads(text) if answer.status == 200 else None

    def query(self, expression, of="prometheus", at=None):
        """[(labels, value)] of an instant query."""
        wanted = {"query": expression, **({"time": f"{at:.3f}"} if at else {}),
                  **({"nocache": "1"} if of == "victoria" else {})}
        answer = json.loads(fetch(f"{self.url(of)}/api/v1/query?{urllib.parse.urlencode(wanted)}", 30))
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]

    def value(self, expression, of="prometheus"):
        result = self.query(expression, of)
        return result[0][1] if result else None

    def firing(self):
        """{(alert, instance)} that Alertmanager has and does not hold back."""
        alerts = json.loads(fetch(f"{self.url('alertmanager')}/api/v2/alerts?active=true&inhibited=false"))
        return {(alert["labels"]["alertname"], alert["labels"].get("instance", "")) for alert in alerts}

    def proxied(self):
        """What nginx logged, oldest first; `tried` are the replicas asked, one after the other."""
        text = (self.folder / "nginx/access.log").read_text()
        entries = [json.loads(line) for line in text.splitlines()]
        for entry in entries:
            entry["tried"] = [self.name_of(address) for address in entry["replicas"].split(", ") if address not in ("", "-")]
        return entries

    def n_predicted(self):
        """Predictions that the replicas have made."""
        return sum(value for name in ML for key, value in self.replicas[name].metrics().items()
                   if key.startswith("ml_predictions_total"))

    def chroma_count(self):
        """(collections, records of tidewatch-kb) on the Chroma server."""
        api = Api(self.ports["chroma"])
        base = "/api/v2/tenants/default_tenant/databases/default_database/collections"
        _, collections = api("GET", base)
        return [c["name"] for c in collections], api("GET", f"{base}/{collections[0]['id']}/count")[1]
