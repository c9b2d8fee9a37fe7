"""Errors in the form webob gives them: HTML, JSON or text, as the request's Accept header prefers."""
import html
import json
import re

from .answers import Answer

TITLES = {400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
          500: 'Internal Server Error', 501: 'Not Implemented'}
UNAUTHORIZED = ('This server could not verify that you are authorized to access the document you requested. '
                'Either you supplied the wrong credentials (e.g., bad password), or your browser does not '
                'understand how to supply the credentials required.')
NOT_FOUND = 'The resource could not be found.'
SERVER_ERROR = 'The server has either erred or is incapable of performing the requested operation.'
UNDECODABLE = ('Error decoding your request. Either the URL or the request body contained characters that could '
               'not be decoded by Glance')
OFFERS = ('text/html', 'application/json')
USUAL_END = '<br /><br />\n\n\n'    # explanation, an empty detail, an empty comment


class HTTPError(Exception):
    """To be answered with this status and explanation."""

    def __init__(self, status, explanation, headers=(), end=USUAL_END):
        super().__init__(explanation)
        self.status = status
        self.explanation = explanation
        self.headers = list(headers)
        self.end = end


def method_not_allowed(method, allowed):
    return HTTPError(405, 'The method %s is not allowed for this resource. ' % method,
                     [('Allow', ', '.join(allowed))], '<br /><br />\n')


def answer(error, accept):
    """The answer for an error, given the request's Accept header (None if it has none)."""
    title = TITLES[error.status]
    status = '%d %s' % (error.status, title)
    kind = preferred(accept)
    if kind == 'application/json':
        body = json.dumps({'message': error.explanation + error.end, 'code': status, 'title': title})
    elif kind == 'text/html':
        body = ('<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n  <h1>%s</h1>\n  %s\n </body>\n</html>'
                % (status, status, html.escape(error.explanation) + error.end))
        kind = 'text/html; charset=UTF-8'
    else:
        body = '%s\n\n%s' % (status, without_tags(error.explanation + error.end))
        kind = 'text/plain; charset=UTF-8'
    return Answer(error.status, body.encode('utf-8', 'surrogatepass'), kind, error.headers)


def without_tags(text):
    text = text.replace('\n', ' ').replace('\r', '')
    text = re.sub(r'<br.*?>', '\n', text, flags=re.I | re.S)
    return re.sub(r'<.*?>', '', text, flags=re.S)


def preferred(accept):
    """The better of HTML and JSON by an Accept header; None if it wants neither."""
    ranges = []
    for part in (accept or '').split(','):
        media, *parameters = [piece.strip() for piece in part.split(';')]
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith('q='):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    pass
        if media:
            ranges.append((media.lower(), quality))
    best, best_quality = None, 0
    for offer in OFFERS:     # equal qualities: the earlier offer wins
        quality = _quality(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _quality(offer, ranges):
    """The quality of the most specific range that covers the offer."""
    for media in (offer, offer.partition('/')[0] + '/*', '*/*'):
        for candidate, quality in ranges:
            if candidate == media:
                return quality
    return 0
