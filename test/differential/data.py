"""What the copies hold, so that literals can hit it."""
import collections
import unicodedata


class Data:
    """columns: {(table, column): different values as text}; properties: {key: values}; tags: one for each use.

    Texts that a loose comparison takes for each other come several times over. ids are those of all images that the
    service has, visible or not.
    """

    def __init__(self, cur, model, ids=()):
        self.model = model
        self.columns = {}
        for name, columns in model.tables.items():
            for column in columns:
                if column.kind not in ("tags", "object", "json"):
                    cur.execute(f'SELECT DISTINCT "{column.name}"::text FROM copy.{name} '
                                f'WHERE "{column.name}" IS NOT NULL')
                    known = {text for (text,) in cur.fetchall()}
                    known = sorted(known.union(ids) if column.name == "id" else known)
                    self.columns[name, column.name] = known + 4 * crowded(known)
        cur.execute('SELECT tag COLLATE "C" FROM copy.catalog, unnest(tags) tag ORDER BY 1')
        self.tags = [tag for (tag,) in cur.fetchall()]
        cur.execute(f'SELECT DISTINCT key COLLATE "C", value COLLATE "C" FROM copy.native x, '
                    f'jsonb_each_text({model.properties_of("native", "x")[0]}) ORDER BY 1, 2')
        self.properties = {}
        for key, value in cur.fetchall():
            values = self.properties.setdefault(key, [])
            if value is not None:
                values.append(value)
        self.keys = list(self.properties)


def crowded(texts):
    """Those that differ from another only by case, accents or trailing blanks."""
    def folded(text):
        plain = (c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        return "".join(plain).lower().rstrip(" ")
    keys = [folded(text) for text in texts]
    counts = collections.Counter(keys)
    return [text for text, key in zip(texts, keys) if counts[key] > 1]
