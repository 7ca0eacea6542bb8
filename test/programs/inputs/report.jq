[.[] | select(.age > 40)]
| group_by(.city)
| map({
    city: .[0].city,
    people: length,
    mean: (map(.age) | add / length),
    tags: (map(.tags[]) | group_by(.) | map({key: .[0], value: length}) | from_entries)
  })
