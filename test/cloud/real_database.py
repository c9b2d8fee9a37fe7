"""Puts a stand-in's images straight into the database of a real Glance, ids, microseconds and all.

For comparing the two: what the API would not let one choose (times, status, size) is chosen here. Any DB-API
connection does; `mark` is its parameter marker.

    with sqlite3.connect('glance.db') as database:
        insert(database, cloud.images)
"""

COLUMNS = ('id', 'name', 'size', 'status', 'disk_format', 'container_format', 'checksum', 'owner', 'min_disk',
           'min_ram', 'protected', 'virtual_size', 'visibility', 'os_hidden', 'os_hash_algo', 'os_hash_value')


def insert(database, images, mark='?'):
    """Adds the images to an empty Glance database."""
    cursor = database.cursor()

    def row(table, **values):
        cursor.execute('INSERT INTO %s (%s) VALUES (%s)' % (table, ', '.join(values), ', '.join([mark] * len(values))),
                       list(values.values()))

    for image in images:
        times = {key: moment(image[key]) for key in ('created_at', 'updated_at')}
        row('images', deleted=False, **times, **{column: image[column] for column in COLUMNS})
        for name, value in image['properties'].items():
            row('image_properties', image_id=image['id'], name=name, value=value, deleted=False, **times)
        for value in image['tags']:
            row('image_tags', image_id=image['id'], value=value, deleted=False, **times)
        for project, status in image['members'].items():
            row('image_members', image_id=image['id'], member=project, status=status, can_share=False, deleted=False,
                **times)
    database.commit()


def moment(text):
    """A stored time as SQL has it."""
    return text[:-1].replace('T', ' ')
