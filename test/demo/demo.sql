-- imagecat in five minutes. :url is a stand-in image service that speaks OpenStack Glance.
\pset footer off
CREATE EXTENSION imagecat;

-- 1. A service is a foreign server; credentials are a user mapping; its images are a foreign table.
CREATE SERVER cloud FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER cloud OPTIONS (token 'u-t1:t1:member');
CREATE SCHEMA cloud;
IMPORT FOREIGN SCHEMA catalog FROM SERVER cloud INTO cloud;

-- 2. Filtered, sorted, limited: the service does the work.
SELECT name, os_version, pg_size_pretty(size) AS size, created_at
FROM cloud.images
WHERE status = 'active' AND NOT hidden AND size >= 1000000
  AND created_at >= '2024-01-01 00:00:00.5+02'
ORDER BY created_at DESC LIMIT 5;

-- EXPLAIN shows the one request that brings these five rows: the time is rounded up to the service's whole seconds.
EXPLAIN (COSTS OFF)
SELECT name, os_version, pg_size_pretty(size) AS size, created_at
FROM cloud.images
WHERE status = 'active' AND NOT hidden AND size >= 1000000
  AND created_at >= '2024-01-01 00:00:00.5+02'
ORDER BY created_at DESC LIMIT 5;

-- 3. Anything that SQL can do works; what the service cannot do is done here.
SELECT os, count(*), pg_size_pretty(sum(size)) AS stored, max(created_at)::date AS newest
FROM cloud.images GROUP BY os ORDER BY count(*) DESC, os;

-- 4. The same service as its API lists it, with the API's own operators.
SELECT name, status, created_at
FROM imagecat.list_images('cloud', created_at => 'gte:2026-01-01T00:00:00Z', os => 'linux',
                          status => 'in:active,deactivated', sort => 'created_at:desc', max_rows => 5);

-- 5. The same call on a local table: a copy of the catalog, no request at all.
INSERT INTO imagecat.images SELECT * FROM cloud.images;
SELECT name, status, created_at
FROM imagecat.list_images(created_at => 'gte:2026-01-01T00:00:00Z', os => 'linux', hidden => false,
                          status => 'in:active,deactivated', sort => 'created_at:desc', max_rows => 5);

-- 6. What changed since the copy was made? A join of both.
UPDATE imagecat.images SET name = name || ' (renamed)' WHERE name LIKE 'debian-12%';
SELECT here.name AS here, there.name AS there
FROM imagecat.images here JOIN cloud.images there USING (id)
WHERE here.name <> there.name ORDER BY here.name, there.id LIMIT 3;

-- 7. Every service side by side. Each speaks another API; the canonical columns are the same.
CREATE SERVER rackspace_images FOREIGN DATA WRAPPER imagecat OPTIONS (api 'rackspace_images', url :'rackspace_images');
CREATE SERVER nova FOREIGN DATA WRAPPER imagecat OPTIONS (api 'nova', url :'nova');
CREATE SERVER rackspace_servers FOREIGN DATA WRAPPER imagecat OPTIONS (api 'rackspace_servers', url :'rackspace_servers');
CREATE SERVER ims FOREIGN DATA WRAPPER imagecat OPTIONS (api 'ims', url :'ims');
CREATE SERVER cloudapi FOREIGN DATA WRAPPER imagecat OPTIONS (api 'cloudapi', url :'cloudapi');
CREATE USER MAPPING FOR CURRENT_USER SERVER rackspace_images OPTIONS (token 'u-t1:t1:member');
CREATE USER MAPPING FOR CURRENT_USER SERVER nova OPTIONS (token 'u-t1:t1:member');
CREATE USER MAPPING FOR CURRENT_USER SERVER rackspace_servers OPTIONS (token 'u-t1:t1:member');
CREATE USER MAPPING FOR CURRENT_USER SERVER ims OPTIONS (token 'u-t1:t1:member');
CREATE SCHEMA rackspace_images;
CREATE SCHEMA nova;
CREATE SCHEMA rackspace_servers;
CREATE SCHEMA ims;
CREATE SCHEMA cloudapi;
IMPORT FOREIGN SCHEMA catalog FROM SERVER rackspace_images INTO rackspace_images;
IMPORT FOREIGN SCHEMA catalog FROM SERVER nova INTO nova;
IMPORT FOREIGN SCHEMA catalog FROM SERVER rackspace_servers INTO rackspace_servers;
IMPORT FOREIGN SCHEMA catalog FROM SERVER ims INTO ims;
IMPORT FOREIGN SCHEMA catalog FROM SERVER cloudapi INTO cloudapi;
CREATE VIEW every_image AS
SELECT * FROM cloud.images UNION ALL SELECT * FROM rackspace_images.images UNION ALL SELECT * FROM nova.images
UNION ALL SELECT * FROM rackspace_servers.images UNION ALL SELECT * FROM ims.images UNION ALL SELECT * FROM cloudapi.images;

SELECT source, count(*) AS active, max(created_at)::date AS newest, min(name) AS a_name
FROM every_image WHERE status = 'active' GROUP BY source ORDER BY source;

-- The same condition, in each service's own words.
EXPLAIN (COSTS OFF) SELECT source, name FROM every_image WHERE status = 'active' AND created_at >= '2026-01-01';
