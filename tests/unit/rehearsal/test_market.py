"""Images, quotas and prices as the services answer them."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from orchestrator.catalog import load
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.market.prices import PriceList, one_price, spot
from orchestrator.providers.aws.market.quota import read_quotas
from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.account.images import IMAGES
from orchestrator.rehearsal.market.quotas import CODES
from tests.unit.rehearsal.account import Account

pytestmark = pytest.mark.served


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.parameter)
def test_each_public_parameter_names_an_image_that_is_described(image: object) -> None:
    with Cloud() as cloud:
        account = Account(cloud)
        wanted = next(each for each in IMAGES if each == image)
        described = account.look.describe_images(ImageIds=[account.image(wanted.parameter)])["Images"][0]
        assert described["OwnerId"] == wanted.owner
        assert described["RootDeviceName"] == wanted.root_device
        assert described["Architecture"] == wanted.architecture


def test_an_unknown_parameter_is_reported_and_the_known_ones_are_answered() -> None:
    with Cloud() as cloud:
        names = [IMAGES[0].parameter, "/aws/service/debian/release/99/latest/amd64"]
        answer = Aws(cloud.url).ssm("us-east-1").get_parameters(Names=names)
        assert answer["InvalidParameters"] == names[1:]
        assert [each["Name"] for each in answer["Parameters"]] == names[:1]


def test_quotas_come_in_pages_and_can_be_set() -> None:
    values = dict.fromkeys(CODES, 8.0)
    with Cloud(quotas=values) as cloud:
        seen = read_quotas(Aws(cloud.url), "us-east-1")
        assert seen is not None
        assert seen.by_name == values
        assert sum(call.action == "ListServiceQuotas" for call in cloud.calls()) > 1


def test_the_price_list_has_the_catalogs_price_and_rows_that_are_not_meant() -> None:
    with Cloud() as cloud:
        aws = Aws(cloud.url)
        pair = ("us-east-1", "g4dn.xlarge")
        row = load().ec2_type(pair[1])
        price = PriceList(aws, None, datetime.now(UTC)).on_demand([pair])[pair]
        assert price is not None
        assert (price.usd_per_hour, price.said) == (row.usd_per_hour, "")
        every = aws.pricing.get_products(
            ServiceCode="AmazonEC2",
            Filters=[{"Type": "TERM_MATCH", "Field": "instanceType", "Value": pair[1]}],
            MaxResults=5,
        )
        assert "NextToken" in every
        assert one_price(every["PriceList"]) is None


def test_the_price_list_is_served_in_one_region_only() -> None:
    with Cloud() as cloud:
        elsewhere = Aws(cloud.url)._session.client(
            "pricing", region_name="eu-central-1", endpoint_url=cloud.url
        )
        with pytest.raises(ClientError, match="InvalidParameterException"):
            elsewhere.get_products(ServiceCode="AmazonEC2")


def test_spot_prices_differ_by_zone_and_lie_below_the_price_on_demand() -> None:
    with Cloud() as cloud:
        prices = spot(Aws(cloud.url), "us-east-1", ["g4dn.xlarge"], datetime.now(UTC))
        assert len(set(prices.values())) == len(prices) > 2
        assert max(prices.values()) < load().ec2_type("g4dn.xlarge").usd_per_hour
