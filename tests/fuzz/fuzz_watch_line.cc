// What a watch, or an owner that is fetched, may hold: any JSON, for a server that is newer than we are knows fields of
// another shape. Reading it ends, throws nothing, and what is decided on can be written down.
//
// One object a line: the Migrator, a Job of it, then the pod; the others are what is fetched on the way up from it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.h"
#include "kubernetes/client/cache.h"
#include "kubernetes/operator/decide.h"
#include "kubernetes/operator/job_outcome.h"

namespace {

using namespace dunlin;
using namespace dunlin::manager;
using kubernetes::Json;

constexpr int kMostSteps = 12;

std::vector<Json> objects_in(std::string_view text) {
  std::vector<Json> all;
  while (!text.empty() && all.size() < 16) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    all.push_back(Json::parse(text.substr(0, end), nullptr, false));
    if (all.back().is_discarded()) all.back() = nullptr;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (all.size() < 3) all.emplace_back();
  return all;
}

void keep(const std::vector<Json>& objects) {
  kubernetes::Cache<PodView> pods(read_pod);
  pods.list_begins();
  pods.listed(objects[0]);
  pods.list_ends();
  require(pods.synced() && pods.all().size() == 1, "a list is taken");
  for (const Json& object : objects) pods.changed(object);
  for (const Json& object : objects) pods.removed(object);
  require(pods.all().empty(), "what is removed is gone");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Json> objects = objects_in({reinterpret_cast<const char*>(data), size});
  keep(objects);
  const Migrator migrator = read_migrator(objects[0]);
  const MigratorStatus once = read_status(to_json(migrator.status));
  require(read_status(to_json(once)) == once, "a status that was written is read as it was");

  const PodView pod = read_pod(objects[2]);
  OwnerWalk walk(pod);
  int steps = 0;
  while (const auto next = walk.next()) {
    require(++steps <= kMostSteps, "the way up ends");
    const std::size_t place = 2 + static_cast<std::size_t>(steps);
    walk.give(next->kind == "Pod" ? objects[2] : place < objects.size() ? objects[place] : Json());
  }

  const kubernetes::Time now{std::chrono::hours{500'000}};
  occupies_lock(objects[1], {&pod});
  Situation situation{.migrator = &migrator, .workloads = {}, .jobs = {}, .lock_holders = {}, .now = now};
  if (auto workload = walk.workload()) situation.workloads.push_back({std::move(*workload), {&pod}});
  if (objects[1].is_object()) situation.jobs.push_back({.object = &objects[1], .pods = {&pod}});
  const Decision decision = decide(situation);
  kubernetes::line_of(to_json(decision.status));
  if (const auto* creation = std::get_if<CreateJob>(&decision.action)) {
    require(kubernetes::field(creation->job, "spec", "template", "spec", "containers").size() == 1,
            "a migration has one container");
  }
  return 0;
}
