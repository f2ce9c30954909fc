"""Pictures of people: what may come in, and how large they are kept."""

from common.pictures import PictureRules

AVATAR = PictureRules(field="avatar")
