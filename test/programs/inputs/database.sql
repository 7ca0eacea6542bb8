CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, born INTEGER);
CREATE TABLE visit (person INTEGER REFERENCES person, day INTEGER, spent REAL);
CREATE INDEX visit_of ON visit (person, day);
BEGIN;
.read rows.sql
COMMIT;
ANALYZE;
.headers on
.mode box
SELECT city, count(*) AS people, min(born), max(born) FROM person GROUP BY city ORDER BY city;
.mode csv
SELECT name, count(*) AS visits, round(sum(spent), 2) AS spent FROM person JOIN visit ON person = id
  GROUP BY id ORDER BY spent DESC, name LIMIT 40;
.mode json
WITH RECURSIVE step (n, value) AS (VALUES (0, 27) UNION ALL
  SELECT n + 1, CASE value % 2 WHEN 0 THEN value / 2 ELSE 3 * value + 1 END FROM step WHERE value <> 1)
  SELECT max(n) AS steps, max(value) AS highest FROM step;
.mode list
SELECT day, spent, avg(spent) OVER (ORDER BY day, rowid ROWS 6 PRECEDING) FROM visit WHERE person = 7 ORDER BY day, rowid;
EXPLAIN QUERY PLAN SELECT * FROM visit WHERE person = 3 AND day > 100;
DELETE FROM visit WHERE day % 3 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT hex(sqlite_version()), changes(), typeof(1.5), 1e100, -1.0 / 3, upper('äbc'), printf('%08.3f|%x', 3.14159, 255);
.mode quote
SELECT name FROM fsdir('.') WHERE name LIKE '%.sql';
SELECT json_group_array(born) FROM (SELECT DISTINCT born FROM person ORDER BY born LIMIT 10);
ATTACH 'output/copy.db' AS copy;
CREATE TABLE copy.oldest AS SELECT * FROM person ORDER BY born, id LIMIT 20;
BEGIN;
DELETE FROM copy.oldest;
ROLLBACK;
SELECT count(*), total(born) FROM copy.oldest;
