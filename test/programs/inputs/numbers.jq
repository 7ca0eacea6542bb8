[limit(20; recurse(. * 3 + 0.25))],
([range(50)] | map(. * . % 17) | sort | unique | tojson),
(tostring | tonumber | floor),
($who | [ascii_downcase, @base64, @uri, explode, length, utf8bytelength]),
(1700000000 | todate, gmtime),
([paths(..)] | length),
({} | .a.b[2] = 1 | del(.a.b[0]) | [leaf_paths])
