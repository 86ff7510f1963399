-- Tickets that differ from their neighbours in every feature, so that no window sees equal ones; after --, how many
-- a request of /predict/batch has (none: one, for /predict). All are made before the load, which they would slow down.
local requests, n = {}, 0

function init(args)
  local rows = tonumber(args[1])
  local ticket = 0

  local function next_ticket()
    ticket = ticket + 1
    return string.format(
      '{"ticket_length": %d, "urgency_keywords": %d, "business_impact": %.2f, "customer_tier": %d}',
      60 + ticket % 121, ticket % 5, 2 + (ticket % 61) / 10, 1 + ticket % 5)
  end

  for i = 1, math.max(2, math.floor(1210 / (rows or 1))) do
    local path, body = "/predict"
    if rows then
      local tickets = {}
      for row = 1, rows do tickets[row] = next_ticket() end
      path, body = "/predict/batch", '{"rows": [' .. table.concat(tickets, ", ") .. ']}'
    else
      body = next_ticket()
    end
    requests[i] = wrk.format("POST", path, {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  n = n % #requests + 1
  return requests[n]
end
