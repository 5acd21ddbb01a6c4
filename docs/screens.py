"""Takes the screenshots of the tutorial: Ada sets up everything in Chromium, from nothing to a synced audience.

    python docs/screens.py            # writes docs/images/screens/*.png
    python docs/screens.py takeover   # only those of the takeover from the PHP extension

It uses the charity and the browser of the tests, so it needs `pip install -e '.[dev]'` and Chromium.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mailchimpsync.config import Configuration, Settings  # noqa: E402 (the tests' helpers are found only now)
from mailchimpsync.web.settings import configure  # noqa: E402

configure(Settings(home=Path("no-site")), "pictures")  # Django's models can't be imported earlier

from playwright.sync_api import Page, ViewportSize  # noqa: E402

from mailchimpsync.actions import cache_get, change_configuration, getstatus  # noqa: E402
from mailchimpsync.web.accounts import welcome_path  # noqa: E402
from mailchimpsync.web.models import Role, User  # noqa: E402
from mailchimpsync_sandbox.world import API_KEY, AUDIENCE_ID, INTERESTS, NEWS_GROUP, Side  # noqa: E402
from support.browser import PHONE, chromium, find_chromium, sign_in, take_screenshot  # noqa: E402
from support.charity import CIVICRM_KEY, PASSWORD, Charity, open_charity  # noqa: E402
from support.extension import MANAGED_JOB, as_text, cache_row, setting  # noqa: E402
from support.rights import ALL  # noqa: E402

IMAGES = ROOT / "docs/images/screens"
PEOPLE = 400
WIDE: ViewportSize = {"width": 1160, "height": 760}
FIRST_SYNC_HEIGHT = 1_540
"""Down to the button: the samples below it would make the picture six times as long."""


class Camera:
    """Takes numbered screenshots of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._number = 0

    def take(self, name: str, *, height: int | None = None) -> None:
        """Take the next screenshot, of the whole page or of its upper part."""
        self._number += 1
        self.page.wait_for_timeout(400)
        file = IMAGES / f"{self._number:02}-{name}.png"
        if height is None:
            take_screenshot(self.page, file)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            clip = {"x": 0, "y": 0, "width": WIDE["width"], "height": height}
            self.page.screenshot(path=str(file), clip=clip, animations="disabled")  # type: ignore[arg-type]


def enter(charity: Charity, camera: Camera) -> None:
    """Create the first account."""
    page = camera.page
    User.objects.all().delete()
    page.goto(f"{charity.url}{welcome_path()}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    camera.take("welcome")
    page.get_by_role("button", name="Create account").click()


def set_up(charity: Charity, camera: Camera) -> None:
    """Enter the addresses of both sides, and connect them."""
    page = camera.page
    page.get_by_role("link", name="Configuration").first.click()
    camera.take("nothing-yet", height=620)
    page.get_by_role("link", name="Set up CiviCRM").first.click()
    page.get_by_label("CiviCRM address").fill(charity.civicrm_url)
    page.get_by_label("API key").fill(CIVICRM_KEY)
    page.get_by_role("button", name="Check and save").click()
    page.get_by_role("link", name="Next: add a Mailchimp account").wait_for()
    camera.take("civicrm")
    page.get_by_role("link", name="Next: add a Mailchimp account").click()
    page.get_by_label("API key").fill(API_KEY)
    page.get_by_text("Proxy or test server").click()
    page.get_by_label("API address").fill(f"{charity.mailchimp_url}/3.0")
    page.get_by_role("button", name="Check and save").click()
    page.get_by_role("heading", name="Green Paths newsletter").wait_for()
    camera.take("account")
    page.get_by_role("link", name="Configuration").first.click()
    page.get_by_role("link", name="Connect an audience").first.click()
    charity.site.refresh()
    [account] = charity.site.configuration.accounts
    page.get_by_label("Audience at Mailchimp").select_option(value=[f"{AUDIENCE_ID}@{account}"])
    page.get_by_label("Subscription group").select_option(value=["8"])
    camera.take("connect")
    page.get_by_role("button", name="Connect").click()
    page.get_by_label("Walks").select_option(value=["9"])
    page.get_by_label("Cycling").select_option(value=["10"])
    camera.take("interests")
    page.get_by_role("button", name="Save").click()


def look_and_sync(charity: Charity, camera: Camera) -> None:
    """Preview the first sync, and run it."""
    page = camera.page
    page.get_by_role("link", name="Preview the first sync").click()
    page.get_by_role("button", name="Preview the first sync").click()
    page.get_by_role("heading", name="Summary").wait_for(timeout=60_000)
    page.reload()  # the badge above the tabs is refreshed every 20 seconds
    page.set_viewport_size({**WIDE, "height": FIRST_SYNC_HEIGHT})
    camera.take("first-sync", height=FIRST_SYNC_HEIGHT)
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="and turn on automatic syncing").click()
    charity.site.refresh()
    for _ in range(240):
        [status] = getstatus(charity.site)
        if status.last_sync_time and not status.running:
            break
        page.wait_for_timeout(250)


def look_around(charity: Charity, camera: Camera) -> None:
    """Take screenshots of the synced site."""
    page = camera.page
    page.wait_for_timeout(4_000)  # the numbers are counted in the background
    page.goto(f"{charity.url}/")
    camera.take("overview")
    page.goto(f"{charity.url}/connections/{AUDIENCE_ID}")
    camera.take("connection")
    page.goto(f"{charity.url}/everybody")
    camera.take("everybody", height=760)
    page.goto(f"{charity.url}/cannot-sync")
    camera.take("cannot-sync", height=760)
    found = cache_get(charity.site, mailchimp_list_id=AUDIENCE_ID, mailchimp_status="unsubscribed", limit=1)
    left = found[0] if isinstance(found, list) else {}
    page.goto(f"{charity.url}/people")
    page.get_by_role("searchbox").fill(left["mailchimp_email"])
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_load_state()
    camera.take("why")
    page.set_viewport_size(PHONE)
    page.goto(f"{charity.url}/connections/{AUDIENCE_ID}")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(400)
    page.screenshot(path=str(IMAGES / "phone.png"), animations="disabled")


def with_extension(stack: ExitStack, home: Path) -> Charity:
    """Make a charity that has synced by the PHP extension; its records are made of those of a sync of ours."""
    charity = open_charity(stack, home, people=PEOPLE, rights=ALL)
    found = cache_get(charity.site, mailchimp_list_id=AUDIENCE_ID, limit=0)
    charity.act(Side.CIVICRM, "install_extension", extension_of(found if isinstance(found, list) else []))
    kept = charity.site.configuration.civicrm
    change_configuration(charity.site, Configuration(civicrm=kept), by="ada", confirm=True, check=False)
    return charity


def extension_of(rows: list[Any]) -> dict[str, Any]:
    """Return what the extension would keep about the charity."""
    config = setting(API_KEY, AUDIENCE_ID, NEWS_GROUP, {key: group for key, (group, _) in INTERESTS.items()})
    names = {key: name for key, (_, name) in INTERESTS.items()}
    config["accounts"][API_KEY]["audiences"][AUDIENCE_ID]["interests"] = names
    columns = ("mailchimp_status", "civicrm_contact_id", "civicrm_groups", "sync_status")
    cache = [
        cache_row(row["id"], AUDIENCE_ID, row["mailchimp_email"], **{name: row[name] for name in columns})
        for row in rows
    ]
    return {"setting": as_text(config), "cache": cache, "jobs": [MANAGED_JOB]}


def take_over(charity: Charity, page: Page) -> None:
    """Take over from the PHP extension, as far as the preview of the first sync."""
    page.goto(f"{charity.url}/configuration/takeover")
    page.get_by_text("If something doesn't fit").click()
    page.get_by_label("API address").fill(f"{charity.mailchimp_url}/3.0")
    page.get_by_role("button", name="See what there is").click()
    page.get_by_role("button", name="Take over").wait_for(timeout=60_000)
    take_screenshot(page, IMAGES / "takeover-found.png")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("Nothing is synced before you turn it on.").wait_for(timeout=60_000)
    page.get_by_role("link", name="Preview the first sync").click()
    page.get_by_role("button", name="Preview the first sync").click()
    page.get_by_role("heading", name="Summary").wait_for(timeout=60_000)
    take_screenshot(page, IMAGES / "takeover-first-sync.png")


def main() -> None:
    """Take all screenshots, or those of the takeover only: `python docs/screens.py takeover`."""
    program = find_chromium()
    if program is None:
        sys.exit("There is no Chromium on this machine; on Debian: apt-get install chromium")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        home = folder / "site"
        browser = stack.enter_context(chromium(program))
        if sys.argv[1:] == ["takeover"]:
            page = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC").new_page()
            charity = with_extension(stack, home)
            sign_in(page, charity.url, Role.ADMINISTRATOR)
            take_over(charity, page)
            return
        charity = open_charity(stack, home, people=PEOPLE, connected=False, rights=ALL)
        context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
        stack.callback(context.close)
        camera = Camera(context.new_page())
        enter(charity, camera)
        set_up(charity, camera)
        look_and_sync(charity, camera)
        look_around(charity, camera)


if __name__ == "__main__":
    main()
