-- The settings: what there is, who may change it, and that a misspelt one is refused.
LOAD 'imagecat';
SELECT name, setting, vartype, context FROM pg_settings WHERE name LIKE 'imagecat.%' ORDER BY name;
SELECT count(*) FROM pg_settings WHERE name LIKE 'imagecat.%' AND coalesce(short_desc, '') = '';
SET imagecat.enable_pushdown = off;
SET imagecat.enable_pushdown = perhaps;
SET imagecat.prefetch = off;
SET imagecat.prefetch = 7;
SET imagecat.allowed_hosts = 'images.example.com, *.example.org, [::1]:9292';
SHOW imagecat.allowed_hosts;
SET imagecat.enable_pushdwn = off;
SET imagecat.url = 'x';
RESET ALL;

-- whoever is no superuser can neither open the hosts nor see them
CREATE ROLE regress_imagecat_user;
SET ROLE regress_imagecat_user;
SET imagecat.enable_pushdown = off;
SET imagecat.prefetch = on;
SET imagecat.allowed_hosts = '';
SHOW imagecat.allowed_hosts;
SELECT name FROM pg_settings WHERE name LIKE 'imagecat.%' ORDER BY name;
RESET ROLE;
DROP ROLE regress_imagecat_user;

-- hosts that are not allowed are not spoken to
\getenv url IMAGECAT_TEST_URL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS imagecat;
RESET client_min_messages;
CREATE SCHEMA settings;
CREATE SERVER settings FOREIGN DATA WRAPPER imagecat OPTIONS (api 'glance', url :'url');
CREATE USER MAPPING FOR CURRENT_USER SERVER settings OPTIONS (token 'u-t1:t1:member');
IMPORT FOREIGN SCHEMA catalog FROM SERVER settings INTO settings;
SET imagecat.allowed_hosts = 'images.example.com, 127.0.0.1:1, *.example.org';
SELECT count(*) FROM settings.images;
SELECT count(*) FROM imagecat.list_images('settings');
SET imagecat.allowed_hosts = 'images.example.com,127.0.0.1';
SELECT count(*) > 0 AS allowed FROM settings.images;
RESET imagecat.allowed_hosts;
SELECT count(*) > 0 AS allowed FROM settings.images;
SET client_min_messages = warning;
DROP SCHEMA settings CASCADE;
DROP SERVER settings CASCADE;
