"""Moto's own classes that the rules make instances of.

Moto types them for its internal use (abstract base classes, narrow attributes); here they are Any.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.route_tables import Route as _Route
from moto.ec2.models.security_groups import SecurityGroupRule as _SecurityGroupRule
from moto.ecr.models import Image as _EcrImage

Route: Any = _Route
EcrImage: Any = _EcrImage
SecurityGroupRule: Any = _SecurityGroupRule
