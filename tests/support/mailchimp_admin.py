"""What an administrator does at Mailchimp, over its API."""

from __future__ import annotations

import httpx2


def delete_interest(url: str, api_key: str, list_id: str, interest_id: str) -> None:
    """Delete one interest of an audience."""
    with httpx2.Client(base_url=url, auth=("anybody", api_key)) as client:
        path = f"/lists/{list_id}/interest-categories"
        for category in client.get(path).json()["categories"]:
            if client.delete(f"{path}/{category['id']}/interests/{interest_id}").is_success:
                return
    raise AssertionError(f"there is no interest {interest_id}")
