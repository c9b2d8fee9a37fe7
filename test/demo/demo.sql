-- The extension and its version. :url is the stand-in image service's address.
CREATE EXTENSION imagecat;
SELECT extname, extversion FROM pg_extension WHERE extname = 'imagecat';
