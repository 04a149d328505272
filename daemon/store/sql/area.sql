-- Areas: counties, municipalities, police regions and areas, and what scopes cover.

-- name: county_put
INSERT INTO county (code, name) VALUES ($1, $2)
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE county.name <> excluded.name

-- name: municipality_put
INSERT INTO municipality (code, name, name_key, county_code) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, county_code = excluded.county_code
WHERE municipality.name <> excluded.name OR municipality.county_code <> excluded.county_code

-- name: police_region_put
INSERT INTO police_region (code, name) VALUES ($1, $2)
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE police_region.name <> excluded.name

-- name: police_area_put
INSERT INTO police_area (code, name, name_key, division, region_code, valid_from, valid_to)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, division = excluded.division,
    region_code = excluded.region_code, valid_from = excluded.valid_from, valid_to = excluded.valid_to
WHERE police_area.name <> excluded.name OR police_area.division IS DISTINCT FROM excluded.division
   OR police_area.region_code <> excluded.region_code OR police_area.valid_from <> excluded.valid_from
   OR police_area.valid_to IS DISTINCT FROM excluded.valid_to

-- name: police_area_municipality_put
INSERT INTO police_area_municipality (police_area_code, municipality_code, valid_from, valid_to)
VALUES ($1, $2, $3, $4)
ON CONFLICT (police_area_code, municipality_code, valid_from) DO UPDATE SET valid_to = excluded.valid_to
WHERE police_area_municipality.valid_to IS DISTINCT FROM excluded.valid_to

-- What scopes cover, worked out anew for the date $1.
-- name: scope_clear
DELETE FROM scope_municipality

-- name: scope_fill_all
INSERT INTO scope_municipality (kind, code, municipality_code) SELECT 'all', '', m.code FROM municipality AS m

-- name: scope_fill_municipality
INSERT INTO scope_municipality (kind, code, municipality_code) SELECT 'municipality', m.code, m.code FROM municipality AS m

-- name: scope_fill_police_area
INSERT INTO scope_municipality (kind, code, municipality_code)
SELECT DISTINCT 'police_area', pm.police_area_code, pm.municipality_code
FROM police_area_municipality AS pm JOIN police_area AS p ON p.code = pm.police_area_code
WHERE pm.valid_from <= $1 AND (pm.valid_to IS NULL OR pm.valid_to >= $1)
  AND p.valid_from <= $1 AND (p.valid_to IS NULL OR p.valid_to >= $1)

-- Municipalities of the target ($3, $4) that lie outside the acting person's scope.
-- name: scope_uncovered scoped
SELECT count(*) FROM scope_municipality AS t
WHERE t.kind = $3 AND t.code = $4 AND NOT {scope t.municipality_code}

-- name: scope_size
SELECT count(*) FROM scope_municipality WHERE kind = $1 AND code = $2

-- name: municipality_find
SELECT code FROM municipality WHERE code = $1 OR name_key = $2

-- name: police_area_find
SELECT code FROM police_area WHERE code = $1 OR name_key = $2 ORDER BY valid_from DESC LIMIT 1

-- name: municipality_names scoped
SELECT m.name FROM municipality AS m WHERE {scope m.code} ORDER BY m.code

-- What an area file may refer to.
-- name: police_region_codes
SELECT code FROM police_region ORDER BY code

-- name: county_codes
SELECT code FROM county ORDER BY code

-- name: municipality_codes
SELECT code FROM municipality ORDER BY code

-- name: police_area_codes
SELECT code FROM police_area ORDER BY code

-- name: municipality_count
SELECT count(*) FROM municipality

-- Lists for people. Areas themselves are no secret; the group figures are within the scope.
-- name: municipality_list scoped
SELECT m.code, m.name, c.name AS county, p.code AS police_area, p.name AS police_area_name,
       t.groups, t.active_groups
FROM municipality AS m
JOIN county AS c ON c.code = m.county_code
JOIN register_tally AS t ON t.municipality_code = m.code
LEFT JOIN scope_municipality AS s ON s.kind = 'police_area' AND s.municipality_code = m.code
LEFT JOIN police_area AS p ON p.code = s.code
WHERE {scope m.code} AND ($3 = '' OR m.code = $3) AND ($4 = '' OR p.code = $4)
  AND ($5 = '' OR m.county_code = $5 OR c.name = $5)
ORDER BY m.code

-- name: police_area_list
SELECT p.code, p.name, p.division, r.name AS region, p.valid_from, p.valid_to,
       (SELECT count(*) FROM scope_municipality AS s WHERE s.kind = 'police_area' AND s.code = p.code) AS municipalities
FROM police_area AS p JOIN police_region AS r ON r.code = p.region_code
WHERE $1 = '' OR p.code = $1
ORDER BY p.name_key

-- name: police_area_history
SELECT pm.municipality_code, m.name, pm.valid_from, pm.valid_to
FROM police_area_municipality AS pm JOIN municipality AS m ON m.code = pm.municipality_code
WHERE pm.police_area_code = $1 ORDER BY pm.valid_from, pm.municipality_code
