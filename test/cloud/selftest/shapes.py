"""Compares recorded answers with the stand-in's: what member and type a sample shows, the stand-in shows."""
import json
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'samples')
CUSTOM = ('metadata', 'links')        # members whose insides are anybody's


class Samples:
    """For a TestCase."""

    def assert_samples(self, documents, folder, pattern, allowed=(), custom=lambda key: False):
        """Every member of every sample image is among the documents' members, with one of their types.

        allowed: members that only other versions showed; custom(key): whether a member is a custom property.
        """
        path = os.path.join(FOLDER, folder)
        ours = types_of(documents)
        compared = 0
        for name in sorted(os.listdir(path)):
            if not re.fullmatch(pattern + r'\.json', name):
                continue
            with open(os.path.join(path, name), encoding='utf-8') as file:
                images = list(images_in(json.load(file)))
            for key, types in types_of(images).items():
                if key in allowed or custom(key):
                    continue
                with self.subTest(sample=name, member=key):
                    self.assertIn(key, ours)
                    self.assertLessEqual(types, ours[key])
            compared += len(images)
        self.assertGreater(compared, 0)


def images_in(value):
    """The image objects in a recorded answer."""
    if isinstance(value, list):
        for each in value:
            yield from images_in(each)
    elif isinstance(value, dict):
        if 'id' in value and ('status' in value or 'name' in value):
            yield value
        elif isinstance(value.get('images'), list):
            yield from images_in(value['images'])
        elif isinstance(value.get('image'), dict):
            yield value['image']


def types_of(images):
    """{member: {'str', 'int'...}} over all images."""
    types = {}
    for image in images:
        for key, value in image.items():
            types.setdefault(key, set()).add(type(value).__name__)
    return types
