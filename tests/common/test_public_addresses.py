from ipaddress import ip_address, ip_network

import pytest

from common.public_addresses import is_public, literal_address

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.15.255.255",
    "172.32.0.0", "169.253.255.255", "192.167.255.255", "223.255.255.255", "2606:4700::1111",
    "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254",
    "ff02::1", "ff0e::1", "100::1", "2001::1", "2001:db8::1", "3fff::1", "5f00::1",
    "64:ff9b:1::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1",
    "::ffff:0:127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_address_of_the_internet_is_public(text):
    assert is_public(ip_address(text)) is True


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_address_of_some_network_is_not_public(text):
    assert is_public(ip_address(text)) is False


def test_whatever_python_calls_private_is_not_public():
    networks = [
        *ip_address("10.0.0.1")._constants._private_networks,
        *ip_address("::1")._constants._private_networks,
        ip_network("224.0.0.0/4"),
        ip_network("ff00::/8"),
    ]

    for network in networks:
        for address in (network[0], network[-1]):
            assert not is_public(address), address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("10.256", "10.0.1.0"),
        ("::1", "::1"),
    ],
)
def test_address_is_read_as_the_resolver_reads_it(host, address):
    assert str(literal_address(host)) == address


@pytest.mark.parametrize("host", ["example.com", "a1", "1a.example", "0x.example"])
def test_name_is_no_address(host):
    assert literal_address(host) is None


@pytest.mark.parametrize(
    "host", ["1.2.3.4.5", "256.1.1.1", "4294967296", "0x1ffffffff", "1.2.3.09"]
)
def test_what_looks_like_an_address_and_is_none_is_refused(host):
    with pytest.raises(ValueError, match="no address"):
        literal_address(host)
