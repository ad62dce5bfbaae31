-- Healthy is what Ready says of the declared generation, and nothing else. Reconciling and Stalled are kstatus's.
-- A deleted stack is not asked: to Argo CD it is Progressing until it is gone.
local waits_for_a_person = {
  ScaledToZero = true,
  Suspended = true,
  Observed = true,
  AwaitingApproval = true,
  DriftReported = true,
}
local seen = obj.status or {}
local conditions = {}
for _, condition in ipairs(seen.conditions or {}) do
  conditions[condition.type] = condition
end
local function holds(type)
  return conditions[type] ~= nil and conditions[type].status == "True"
end
local function health(status, condition)
  return { status = status, message = condition.reason .. ": " .. condition.message }
end
local ready = conditions.Ready
if ready == nil or seen.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The controller has not looked at what is declared yet" }
elseif holds("Suspended") then
  return health("Suspended", conditions.Suspended)
elseif holds("Stalled") then
  return health("Degraded", conditions.Stalled)
elseif ready.status == "True" then
  return health("Healthy", ready)
elseif holds("Reconciling") then
  return health("Progressing", conditions.Reconciling)
elseif waits_for_a_person[ready.reason] then
  return health("Suspended", ready)
end
return health("Degraded", ready)
