"""Wrong passwords: strangers who guess are stopped, and lock out only themselves."""

import datetime

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from studysite.accounts.login.known_browsers import COOKIE, DAYS, MOST_ACCOUNTS
from studysite.accounts.login.limits import client_ip
from studysite.accounts.models import User
from tests.accounts.people import errors, log_in
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.long]

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NEW_PASSWORD = "another long sentence"
TIGHT = 10


@pytest.fixture
def few_anywhere(settings):
    """At most 15 wrong passwords for one account are checked, from all addresses together."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_anywhere": "15/h/key"}


@pytest.fixture
def home(learner):
    """A browser in which the learner has logged in, and out again."""
    client = Client(REMOTE_ADDR=HERE)
    assert log_in(client).status_code == 302
    client.post("/accounts/logout/")
    return client


def guess(*addresses, email="lena@example.org", times=1, **fields):
    """The last response to wrong passwords from each address."""
    return [
        log_in(Client(REMOTE_ADDR=address, **fields), email=email, password="wrong").status_code
        for address in addresses
        for _ in range(times)
    ][-1]


def many_addresses(count):
    return [f"203.0.113.{number}" for number in range(count)]


def test_guessing_from_one_address_locks_only_that_address(learner):
    assert guess(HERE, times=TIGHT) == 200
    assert log_in(Client(REMOTE_ADDR=HERE)).status_code == 429
    assert log_in(Client(REMOTE_ADDR=ELSEWHERE)).status_code == 302


def test_correct_password_is_not_counted_as_a_guess(learner):
    for _ in range(TIGHT + 5):
        assert log_in(Client(REMOTE_ADDR=HERE)).status_code == 302
    assert guess(HERE, times=TIGHT) == 200


def test_guesses_from_many_addresses_are_stopped(learner, few_anywhere):
    assert guess(*many_addresses(15)) == 200
    response = log_in(Client(REMOTE_ADDR=ELSEWHERE))
    assert response.status_code == 429
    assert "set a new password" in response.text


@pytest.mark.slow
def test_one_address_is_stopped_across_accounts(learner):
    for number in range(60):
        guess(HERE, email=f"pupil{number}@example.org")
    assert log_in(Client(REMOTE_ADDR=HERE)).status_code == 429
    assert log_in(Client(REMOTE_ADDR=ELSEWHERE)).status_code == 302


@pytest.mark.usefixtures("few_anywhere")
def test_unknown_account_is_limited_like_a_real_one(learner):
    def answers(email):
        statuses = [guess(address, email=email) for address in many_addresses(16)]
        return statuses, guess(ELSEWHERE, email=email)

    assert answers("nobody@example.org") == answers("lena@example.org")


@pytest.mark.parametrize("email", ["LENA@example.org", " lena@EXAMPLE.org "])
def test_email_spellings_count_as_one_account(learner, email):
    guess(HERE, times=TIGHT)
    assert guess(HERE, email=email) == 429


def test_host_names_count_as_one_account(learner, settings):
    settings.ALLOWED_HOSTS = ["one.example.org", "two.example.org"]
    for number in range(TIGHT):
        guess(HERE, HTTP_HOST=f"one.example.org:{8000 + number}")
    assert guess(HERE, HTTP_HOST="two.example.org") == 429


def test_known_browser_logs_in_during_guessing(home, few_anywhere):
    guess(*many_addresses(16))
    assert log_in(Client(REMOTE_ADDR=HERE)).status_code == 429
    assert log_in(home).status_code == 302


def test_known_browser_logs_in_while_its_address_is_locked(home):
    assert guess(HERE, times=TIGHT + 1) == 429
    assert log_in(home).status_code == 302


def test_known_browser_has_the_same_number_of_tries(home):
    for _ in range(TIGHT):
        assert log_in(home, password="wrong").status_code == 200
    home.defaults["REMOTE_ADDR"] = ELSEWHERE
    assert log_in(home).status_code == 429
    assert log_in(Client(REMOTE_ADDR=HERE)).status_code == 302


@pytest.mark.usefixtures("few_anywhere")
def test_browser_is_known_only_to_its_own_accounts(home, stranger):
    guess(*many_addresses(16), email=stranger.email)
    assert log_in(home, email=stranger.email).status_code == 429


@pytest.mark.usefixtures("few_anywhere")
def test_new_password_forgets_other_browsers(home, learner):
    learner.set_password(NEW_PASSWORD)
    learner.save()
    guess(*many_addresses(16))
    assert log_in(home, password=NEW_PASSWORD).status_code == 429


@pytest.mark.usefixtures("few_anywhere")
def test_browser_that_changed_the_password_stays_known(home):
    log_in(home)
    home.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})
    home.post("/accounts/logout/")
    guess(*many_addresses(16))
    assert log_in(home, password=NEW_PASSWORD).status_code == 302


@pytest.mark.usefixtures("few_anywhere")
@pytest.mark.parametrize(("days", "status"), [(DAYS - 1, 302), (DAYS, 429)])
def test_browser_is_known_for_half_a_year(home, time_machine, days, status):
    time_machine.move_to(timezone.now() + datetime.timedelta(days=days))
    guess(*many_addresses(16))
    assert log_in(home).status_code == status


@pytest.mark.usefixtures("few_anywhere")
@pytest.mark.parametrize("spoilt", ["", "x", "W10:1abcde:x", "x" * 5000, "{}x", "x{}"])
def test_invalid_cookie_is_ignored(home, spoilt):
    home.cookies[COOKIE] = spoilt.format(home.cookies[COOKIE].value)
    guess(*many_addresses(16))
    assert log_in(home).status_code == 429


@pytest.mark.slow
@pytest.mark.usefixtures("few_anywhere")
def test_cookie_keeps_the_newest_accounts(home):
    for number in range(MOST_ACCOUNTS):
        email = f"pupil{number}@example.org"
        User.objects.create_user(email, PASSWORD, name="Pupil")
        log_in(home, email=email)
        home.post("/accounts/logout/")
    assert len(home.cookies[COOKIE].value) < 3000
    guess(*many_addresses(16), email="pupil0@example.org")
    guess(*many_addresses(16))
    assert log_in(home, email="pupil0@example.org").status_code == 302
    home.post("/accounts/logout/")
    assert log_in(home).status_code == 429


@pytest.mark.parametrize("https", [True, False])
def test_cookie_is_http_only_and_same_site(learner, client, settings, https):
    settings.SESSION_COOKIE_SECURE = https
    log_in(client)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], bool(cookie["secure"])) == (True, https)
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/accounts/", DAYS * 86400)
    assert learner.email not in cookie.value


def test_failed_login_sets_no_cookie(learner, client):
    log_in(client, password="wrong")
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    ("path", "fields", "error"),
    [
        ("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW_PASSWORD}, "oldpassword"),
        ("/accounts/email/", {"email": "x@example.org", "password": "wrong", "action_add": ""}, "password"),
        ("/accounts/reauthenticate/", {"password": "wrong"}, "password"),
    ],
)
def test_every_password_page_counts_guesses(learner_client, settings, path, fields, error):
    limits = {"change_password": "99/m/user", "manage_email": "99/m/user", "reauthenticate": "99/m/user"}
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | limits
    for _ in range(TIGHT):
        assert error in errors(learner_client.post(path, fields))
    assert learner_client.post(path, fields).status_code == 429
    assert log_in(Client()).status_code == 429


def test_admin_login_redirects_to_the_counted_one(learner, client):
    response = client.post("/admin/login/", {"username": learner.email, "password": "wrong"})
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/accounts/login/code/", "/accounts/2fa/authenticate/"])
def test_login_by_code_returns_404(client, path):
    assert client.post(path, {"email": "lena@example.org", "code": "1"}).status_code == 404


@pytest.mark.usefixtures("with_mail")
def test_password_reset_by_mail_ends_the_lock(learner, few_anywhere, mailoutbox):
    guess(*many_addresses(16))
    guess(HERE, times=TIGHT)
    client = Client(REMOTE_ADDR=HERE)
    client.post("/accounts/password/reset/", {"email": learner.email})
    [link] = [word for word in mailoutbox[-1].body.split() if "/password/reset/key/" in word]
    page = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(page, {"password1": NEW_PASSWORD}).status_code == 302
    assert log_in(Client(REMOTE_ADDR=HERE), password=NEW_PASSWORD).status_code == 302


@pytest.mark.slow
def test_client_address_counts_behind_a_proxy(learner, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def passed_on(chain, password="wrong"):
        return log_in(Client(HTTP_X_FORWARDED_FOR=chain), password=password).status_code

    for number in range(TIGHT):
        assert passed_on(f"10.0.0.{number}, {HERE}") == 200
    assert passed_on(HERE, PASSWORD) == 429
    assert passed_on(ELSEWHERE, PASSWORD) == 302


def test_forwarded_header_is_ignored_without_a_proxy(learner):
    for number in range(TIGHT):
        guess(HERE, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert guess(HERE, HTTP_X_FORWARDED_FOR=ELSEWHERE) == 429


def test_ipv6_network_of_64_bits_is_one_address(learner):
    guess(*(f"2001:db8::{number:x}" for number in range(TIGHT)))
    assert log_in(Client(REMOTE_ADDR="2001:db8::ffff")).status_code == 429
    assert log_in(Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "meta", "address"),
    [
        (0, {"REMOTE_ADDR": HERE}, HERE),
        (0, {"REMOTE_ADDR": f"::ffff:{HERE}"}, HERE),
        (0, {"REMOTE_ADDR": "fe80::1%eth0"}, "fe80::1"),
        (1, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": f"{ELSEWHERE}:4321"}, ELSEWHERE),
        (1, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": "[2001:db8::1]:4321"}, "2001:db8::1"),
        (1, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": "unknown"}, HERE),
        (1, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": ""}, HERE),
        (1, {"REMOTE_ADDR": HERE}, HERE),
        (2, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": ELSEWHERE}, HERE),
        (2, {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": f"10.0.0.1, {ELSEWHERE}, 10.0.0.2"}, ELSEWHERE),
    ],
)
def test_client_address_is_read_from_trusted_proxies(settings, proxies, meta, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = HttpRequest()
    request.META = meta
    assert client_ip(request) == address


def test_connection_without_an_address_is_refused(learner, client):
    assert log_in(Client(REMOTE_ADDR="")).status_code == 403
