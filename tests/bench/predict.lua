-- One ticket after the other, differing in every feature, so that no window sees equal neighbours.
local n = 0
request = function()
  n = n + 1
  local body = string.format(
    '{"ticket_length": %d, "urgency_keywords": %d, "business_impact": %.2f, "customer_tier": %d}',
    60 + n % 121, n % 5, 2 + (n % 61) / 10, 1 + n % 5)
  return wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, body)
end
