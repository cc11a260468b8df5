"""The bucket of an account and Region that CloudFormation reads the stack's files from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from workbench.deploy import archive
from workbench.deploy.archive import Upload

_BLOCKED = {
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}  # fmt: skip
_MISSING = frozenset(("404", "NoSuchBucket", "NotFound"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and the folder of one stack in it; each method raises `ClientError`."""

    name: str
    region: str
    folder: str
    owner: str
    """The account: a bucket of this name that belongs to another one is refused."""
    endpoint: str
    client: Any

    @classmethod
    def of_account(cls, stack_name: str) -> Bucket:
        """Name the bucket of this account and Region."""
        account = boto3.client("sts").get_caller_identity()["Account"]
        client: Any = boto3.client("s3")
        region = client.meta.region_name
        name = f"batch-notifier-{account}-{region}"
        return cls(name, region, stack_name, account, client.meta.endpoint_url, client)

    def _exists(self) -> bool:
        """Whether the bucket is there, and is ours."""
        try:
            self.client.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.owner)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def _create(self) -> None:
        """Create the bucket, closed to the public."""
        where = {"LocationConstraint": self.region}
        more: dict[str, Any] = (
            {} if self.region == "us-east-1" else {"CreateBucketConfiguration": where}
        )
        self.client.create_bucket(Bucket=self.name, **more)
        self.client.put_public_access_block(
            Bucket=self.name, PublicAccessBlockConfiguration=_BLOCKED
        )

    def upload(self, stack: Path, template: str, step: Callable[[str], None]) -> str:
        """Upload a built stack, and return the URL of its template."""
        if not self._exists():
            self._create()
        uploads = archive.list_uploads(stack, template)
        built = archive.with_addresses(template, uploads, self._s3, self._url)
        self._put([*uploads.values(), built], step)
        return self._url(built.name)

    def _put(self, uploads: Iterable[Upload], step: Callable[[str], None]) -> None:
        there = set(self._keys())
        for each in uploads:
            key = f"{self.folder}/{each.name}"
            if key not in there:
                step(f"uploading {len(each.content) // 1024:,} KiB")
                self.client.put_object(
                    Bucket=self.name, Key=key, Body=each.content, ExpectedBucketOwner=self.owner
                )

    def _s3(self, name: str) -> str:
        """Return the address of an object as `CodeUri` takes it."""
        return f"s3://{self.name}/{self.folder}/{name}"

    def _url(self, name: str) -> str:
        """Return the URL of an object as CloudFormation takes it."""
        return f"{self.endpoint}/{self.name}/{self.folder}/{name}"

    def remove(self) -> bool:
        """Delete the folder of the stack, and the bucket once it is empty; False if it is gone."""
        if not self._exists():
            return False
        for key in self._keys():
            self.client.delete_object(Bucket=self.name, Key=key)
        if not self.client.list_objects_v2(Bucket=self.name, MaxKeys=1).get("KeyCount"):
            self.client.delete_bucket(Bucket=self.name)
        return True

    def _keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=f"{self.folder}/"
        )
        return [each["Key"] for page in pages for each in page.get("Contents", ())]
