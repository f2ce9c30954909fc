"""What requests to entered addresses reach, and how long they may take."""

import socket
import ssl
import subprocess
from time import monotonic

import pytest

from common.exceptions import InvalidInput
from common.outbound import AddressRefused, NoAnswer, read_url, send_request
from tests.receiver import running_receiver

# One text each for the ways of naming what is not of the internet.
REFUSED_LITERALS = [
    "http://127.0.0.1/", "http://127.0.0.1:8080/", "https://127.0.0.1/", "http://127.1/",
    "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/",
    "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://127.0.0.1../",
    "http://0/", "http://0.0.0.0/", "http://0x0/", "http://10.0.0.1/", "http://167772161/",
    "http://172.16.0.1/", "http://192.168.1.1/", "http://192.168.257/", "http://169.254.169.254/",
    "http://2852039166/", "http://0xA9FEA9FE/", "http://0251.0376.0251.0376/",
    "http://100.64.0.1/", "http://100.100.100.200/", "http://168.63.129.16/", "http://224.0.0.1/",
    "http://255.255.255.255/", "http://240.0.0.1/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[ff02::1]/", "http://[::127.0.0.1]/",
    "http://localhost/", "http://LOCALHOST./", "http://hook.localhost/", "http://printer.local/",
    "http://metadata.google.internal/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    "http://１２７.０.０.１/", "http://127．0．0．1/", "http://loc\u00adalhost/",
    "http://ｌｏｃａｌｈｏｓｔ/",
]  # fmt: skip
MALFORMED = [
    "", "hook", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
    "javascript:alert(1)", "http://", "http:///hook", "http://user@example.com/",
    "http://user:pass@example.com/", "http://127.0.0.1@example.com/", "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/", "http://exa mple.com/", "http://example.com/a b",
    "http://example.com/\r\nX: y", "http://example.com\t/", "http://example.com\x00/",
    "http://example.com:0x50/", "http://example.com:99999/", "http://example.com:0/",
    "http://example.com:22/", "http://example.com:25/", "http://[::1/", "http://[fe80::1%25eth0]/",
    "http://%31%32%37.0.0.1/", "http://1.2.3.4.5/", "http://256.256.256.256/", "http://-a.example/",
    "http://a..b.example/", f"http://{'a' * 64}.example/", "http://exa$mple.com/",
    "http://example.com/" + "a" * 500,
]  # fmt: skip


@pytest.fixture
def receiver(settings):
    with running_receiver() as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def resolver(monkeypatch):
    """Let names lead to what the test says, each time to the next of several addresses."""
    zone, asked = {}, []
    real = socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        asked.append(host)
        if host not in zone:
            return real(host, port, *args, **kwargs)
        addresses = zone[host].pop(0) if len(zone[host]) > 1 else zone[host][0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM, 6, "", (one, port),
            )
            for one in addresses
        ]  # fmt: skip

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    zone["asked"] = asked
    return zone


@pytest.fixture
def connections(monkeypatch):
    """Note every address that somebody opens a connection to."""
    seen = []
    real = socket.socket.connect

    def connect(self, address):
        seen.append(address[0])
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


def post(url, **kwargs):
    return send_request("POST", url, body=b"{}", most_bytes=2000, **kwargs)


@pytest.mark.parametrize("url", REFUSED_LITERALS)
def test_address_inside_a_network_is_refused_before_anything_is_asked(url, connections, resolver):
    for act in (read_url, post):
        with pytest.raises(InvalidInput) as refusal:
            act(url)
        assert list(refusal.value.details) == ["url"]

    assert (connections, resolver["asked"]) == ([], [])


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_address_is_refused(url, connections):
    with pytest.raises(InvalidInput) as refusal:
        read_url(url)

    assert list(refusal.value.details) == ["url"]
    assert connections == []


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("HTTPS://Example.COM:443/Hook?a=1#part", "example.com", "/Hook?a=1"),
        ("http://example.com:8080/a/ü", "example.com:8080", "/a/%C3%BC"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"),
        ("https://example.com./", "example.com", "/"),
        ("http://8.8.8.8/", "8.8.8.8", "/"),
        ("http://134744072/", "8.8.8.8", "/"),
        ("http://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443", "/"),
    ],
)
def test_address_of_the_internet_is_taken(url, authority, path):
    target = read_url(url)

    assert (target.authority, target.path, target.is_allowed) == (authority, path, False)


def test_host_that_the_operator_names_is_taken_on_that_port_alone(settings):
    settings.WEBHOOK_ALLOWED_HOSTS = ["ERP.lan:81", "10.0.0.7", "[::1]:8080", "printer.local"]

    for url in (
        "http://erp.lan:81/", "http://10.0.0.7/", "http://10.7:9000/", "http://[::1]:8080/",
        "https://printer.local/",
    ):  # fmt: skip
        assert read_url(url).is_allowed is True
    for url in ("http://10.0.0.8/", "http://[::1]/", "http://erp.lan:82/"):
        with pytest.raises(InvalidInput):
            read_url(url)
    assert read_url("http://erp.lan/").is_allowed is False


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fe80::1%lo",
     "64:ff9b::7f00:1"],
)  # fmt: skip
def test_name_that_leads_inside_is_refused_when_it_is_connected_to(address, resolver, connections):
    resolver["hook.example.com"] = [[address]]

    with pytest.raises(AddressRefused, match="hook.example.com leads to no address"):
        post("http://hook.example.com:8080/")

    assert connections == []


def test_name_that_changes_after_it_was_judged_reaches_nothing(resolver, connections, receiver):
    """What is judged is what is connected to: there is no second look-up to deceive."""
    resolver["rebind.example.com"] = [["192.0.2.1", "8.8.8.8"], ["127.0.0.1"]]

    with pytest.raises(NoAnswer):
        post(f"http://rebind.example.com:{receiver.port}/", total_seconds=0.5)
    assert set(connections) == {"8.8.8.8"}
    with pytest.raises(AddressRefused):
        post(f"http://rebind.example.com:{receiver.port}/")

    assert set(connections) == {"8.8.8.8"}
    assert resolver["asked"] == ["rebind.example.com"] * 2
    assert receiver.requests == []


def test_without_the_judgement_the_changed_name_reaches_the_inside(resolver, receiver, monkeypatch):
    """The control: the same request arrives where nobody judges."""
    monkeypatch.setattr("common.outbound.is_public", lambda address: True)
    resolver["rebind.example.com"] = [["127.0.0.1"]]

    assert post(f"http://rebind.example.com:{receiver.port}/").status == 200

    assert len(receiver.requests) == 1


def test_unknown_name_is_no_answer(resolver):
    resolver["nowhere.example.com"] = [[]]

    with pytest.raises(NoAnswer, match="not known"):
        post("http://nowhere.example.com/")


def test_resolver_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("common.outbound.CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: __import__("time").sleep(1))
    start = monotonic()

    with pytest.raises(NoAnswer, match="in time"):
        post("http://slow.example.com/")

    assert monotonic() - start < 0.9


def test_request_arrives_as_it_was_sent_and_its_answer_comes_back(receiver):
    receiver.body, receiver.headers = b"thanks", {"X-Note": "kept"}

    answer = send_request(
        "POST",
        receiver.url + "?a=1",
        body=b'{"a": 1}',
        headers={"Content-Type": "application/json"},
        most_bytes=2000,
    )

    [request] = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=1", b'{"a": 1}')
    assert request.headers["host"] == receiver.host
    assert request.headers["content-type"] == "application/json"
    assert (answer.status, answer.body, answer.is_cut) == (200, b"thanks", False)
    assert answer.headers["x-note"] == "kept"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_an_answer_and_is_not_followed(receiver, status):
    with running_receiver() as inside:
        receiver.status, receiver.headers = status, {"Location": inside.url}

        answer = post(receiver.url)

        assert (answer.status, answer.is_redirect, answer.is_success) == (status, True, False)
        assert inside.requests == []


@pytest.mark.parametrize("manner", ["silent", "dripping", "dripping_body"])
def test_slow_server_is_left_when_the_time_is_up(receiver, manner):
    receiver.manner = manner
    start = monotonic()

    with pytest.raises(NoAnswer, match="No complete answer within 0.5 seconds"):
        post(receiver.url, total_seconds=0.5)

    assert monotonic() - start < 2


def test_only_so_much_of_an_endless_answer_is_read(receiver):
    receiver.manner = "endless"

    answer = post(receiver.url)

    assert (len(answer.body), answer.is_cut) == (2000, True)


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        ("closing", "RemoteDisconnected"),
        ("broken_off", "broke off"),
        ("no_http", "BadStatusLine"),
        ("long_header", "LineTooLong"),
    ],
)
def test_server_that_does_not_speak_properly_is_no_answer(receiver, manner, text):
    receiver.manner = manner

    with pytest.raises(NoAnswer, match=text):
        post(receiver.url)


def test_closed_port_is_no_answer(settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]

    with pytest.raises(NoAnswer, match="No connection: Connection refused"):
        post(f"http://127.0.0.1:{port}/")


def test_proxy_of_the_environment_is_not_asked(receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert post(receiver.url).status == 200


@pytest.fixture
def encrypted_receiver(receiver, tmp_path):
    """Let the receiver speak TLS with a certificate for `localhost` that nobody else signed."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    with running_receiver() as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        running.server.socket = context.wrap_socket(running.server.socket, server_side=True)
        yield running, tmp_path / "cert.pem"


def test_certificate_must_be_valid_for_the_name(encrypted_receiver, settings, monkeypatch):
    running, certificate = encrypted_receiver
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost", "127.0.0.1"]

    with pytest.raises(NoAnswer, match="certificate is not valid: self-signed"):
        post(f"https://localhost:{running.port}/")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(NoAnswer, match="certificate is not valid: IP address mismatch"):
        post(f"https://127.0.0.1:{running.port}/")
    assert running.requests == []

    assert post(f"https://localhost:{running.port}/").status == 200
