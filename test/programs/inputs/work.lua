-- Neither coroutines nor errors that are caught: both take a way back that WASI does not have (wasi/setjmp.h).
local function sieve(n)
  local composite, primes = {}, {}
  for i = 2, n do
    if not composite[i] then
      primes[#primes + 1] = i
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return primes
end
local primes = sieve(200000)
print(#primes, primes[#primes])

local function matrix(n, f)
  local m = {}
  for i = 1, n do m[i] = {} for j = 1, n do m[i][j] = f(i, j) end end
  return m
end
local n = 60
local a, b = matrix(n, function(i, j) return (i * j) % 7 + 0.5 end), matrix(n, function(i, j) return i / j end)
local trace = 0
for i = 1, n do for k = 1, n do trace = trace + a[i][k] * b[k][i] end end
print(trace, 1e15, 2^53, 7 // 2, -7 % 3, 1 / 0, math.maxinteger + 1 == math.mininteger)

local words = {}
for line in io.lines("words.txt") do
  for word in line:gmatch("%a+") do words[word:lower()] = (words[word:lower()] or 0) + 1 end
end
local sorted = {}
for word in pairs(words) do sorted[#sorted + 1] = word end
table.sort(sorted, function(x, y) return words[x] > words[y] or words[x] == words[y] and x < y end)
local out = assert(io.open("output/words.tsv", "w"))
for _, word in ipairs(sorted) do out:write(("%s\t%d\n"):format(word, words[word])) end
out:close()

local log = assert(io.open("output/log", "w+"))
log:write("first line\n", 12.5, " ", 0x10, "\nlast line\n")
log:seek("set", 6)
log:write("LINE")
log:seek("set", 0)
print(log:read("l", "n", "n", "L", "l", "l"))
print(log:seek("end"), log:close())
log = assert(io.open("output/log", "a"))
log:write("appended\n")
log:close()
print(os.rename("output/log", "output/moved"), (select(2, io.open("output/log"))))
print(os.remove("output/moved"), (select(2, os.remove("output/moved"))))
print(os.date("!%F %T %j", 1700000000), os.time({ year = 2024, month = 2, day = 29, hour = 12 }))

local Shape = {}
Shape.__index = Shape
Shape.__add = function(x, y) return setmetatable({ area = x.area + y.area }, Shape) end
Shape.__tostring = function(shape) return ("%.6g m2"):format(shape.area) end
local sum = setmetatable({ area = 0 }, Shape)
for i = 1, 1000 do sum = sum + setmetatable({ area = math.sqrt(i) }, Shape) end
print(tostring(sum), string.pack("<i4d", -2, 0.1):byte(1, -1))

local count, last = 0, ""
local function permute(list, k)
  if k == 0 then count, last = count + 1, table.concat(list) return end
  for i = 1, k do
    list[k], list[i] = list[i], list[k]
    permute(list, k - 1)
    list[k], list[i] = list[i], list[k]
  end
end
permute({ "a", "b", "c", "d", "e", "f", "g", "h" }, 8)
print(count, last, select("#", load("return 1, 2, 3")()))
print(utf8.len("Köln, Łódź"), ("%q"):format("a\nb"), os.getenv("HOME"), io.read("a"):rep(2, "|"))
os.exit(7)
