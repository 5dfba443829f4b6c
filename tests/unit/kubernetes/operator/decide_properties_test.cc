// Whatever happens in a cluster, and wherever the operator is killed: no identity is run twice, no success is lost, no
// migration is killed, and in the end what is wanted has been migrated to.
#include <optional>
#include <set>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using std::chrono::seconds;

class Story {
 public:
  explicit Story(const char* spec) : cluster_(spec) { cluster_.deploy("web", "myapp:v1"); }

  struct Happening {
    std::size_t weight;
    const char* name;
    void (*happens)(Story&, unsigned random);
  };
  static const std::vector<Happening>& happenings();

  void go_on(const std::string& name, unsigned random) {
    const View before = view();
    std::ranges::find(happenings(), name, &Happening::name)->happens(*this, random);
    views_.push_back(before);
    check();
  }

  // Nobody interferes any more, every migration succeeds, and who sees that it has stalled does something.
  void finish() {
    deploy(versions_);
    for (int k = 0; k < 8; ++k) {
      cluster_.settle();
      check();
      if (cluster_.condition().status == Truth::yes && cluster_.job() == nullptr) break;
      if (cluster_.condition("Stalled").status == Truth::yes) ask_for_retry(1000000 + static_cast<unsigned>(k));
      start_job();
      end_job(0, true);
      cluster_.pass(seconds(1000));
    }
    RC_ASSERT(cluster_.status().lets_start(fmt::format("myapp:v{}", versions_)));
    RC_ASSERT(cluster_.condition().status == Truth::yes);
    RC_ASSERT(cluster_.job() == nullptr);
  }

 private:
  // What a cache can hold.
  struct View {
    Json migrator;
    std::optional<Json> job;
  };

  View view() {
    View now{.migrator = cluster_.migrator, .job = {}};
    if (cluster_.job() != nullptr) now.job = *cluster_.job();
    return now;
  }

  // One of the last few.
  View old_view(unsigned random) {
    return views_.empty() ? view() : views_[views_.size() - 1 - random % std::min<std::size_t>(views_.size(), 6)];
  }

  // `acts`: the operator is not killed behind writing the status.
  void step(const View& seen, bool acts = true) {
    const Decision decision = cluster_.decide_on(seen.migrator, seen.job ? &*seen.job : nullptr);
    if (!cluster_.write_status(decision, kubernetes::resource_version_of(seen.migrator)) || !acts) return;
    const bool runs = is_running();
    const bool unrecorded = has_succeeded() && !cluster_.status().recorded_success(kubernetes::uid_of(*cluster_.job()));
    if (!cluster_.act(decision.action)) return;
    if (std::holds_alternative<DeleteJob>(decision.action)) RC_ASSERT(!runs && !unrecorded);
    if (std::holds_alternative<StopJob>(decision.action)) RC_ASSERT(!runs);
    if (std::holds_alternative<CreateJob>(decision.action)) RC_ASSERT(!succeeded_.contains(cluster_.created.back()));
  }

  void deploy(unsigned version) { cluster_.deploy("web", fmt::format("myapp:v{}", version)); }

  void ask_for_retry(unsigned value) {
    cluster_.migrator["metadata"]["annotations"] = {{"migrations.coderanger.net/retry", fmt::format("{}", value)}};
  }

  bool is_running() { return cluster_.job() != nullptr && (*cluster_.job())["status"].contains("active"); }
  bool has_succeeded() { return cluster_.job() != nullptr && (*cluster_.job())["status"].contains("succeeded"); }

  void start_job() {
    Json* job = cluster_.job();
    const bool may = job != nullptr && !is_running() && !has_succeeded() && !kubernetes::is_being_deleted(*job) &&
                     !kubernetes::is_true(kubernetes::condition(*job, "Failed")) &&
                     kubernetes::integer(kubernetes::field(*job, "spec", "parallelism"), 1) > 0;
    if (may) cluster_.start_job();
  }

  void end_job(int exit_code, bool gives_up) {
    if (!is_running()) return;
    if (exit_code == 0)
      succeeded_.insert(kubernetes::annotation(*cluster_.job(), "migrations.coderanger.net/identity"));
    cluster_.finish_job(exit_code, "", gives_up);
  }

  // What has succeeded is in the status, or the Job is still there to say so; and nothing else is.
  void check() {
    const std::string in_job =
        has_succeeded() ? kubernetes::annotation(*cluster_.job(), "migrations.coderanger.net/identity") : "";
    const MigratorStatus status = cluster_.status();
    std::size_t recorded = 0;
    for (const std::string& identity : succeeded_) {
      const bool is_recorded = status.find_migrated(identity) != nullptr;
      RC_ASSERT(is_recorded || identity == in_job);
      recorded += is_recorded ? 1 : 0;
    }
    RC_ASSERT(status.migrated.size() == recorded);
  }

  FakeCluster cluster_;
  std::vector<View> views_;
  std::set<std::string> succeeded_;
  unsigned versions_ = 1;
};

// An operator that is killed between a decision's three parts has done the first, or the first two.
const std::vector<Story::Happening>& Story::happenings() {
  static const std::vector<Happening> all{
      {30, "the operator decides", [](Story& story, unsigned) { story.step(story.view()); }},
      {5, "the operator is killed before it acts", [](Story& story, unsigned) { story.step(story.view(), false); }},
      {4, "the operator sees an old migrator",
       [](Story& story, unsigned random) {
         story.step({.migrator = story.old_view(random).migrator, .job = story.view().job});
       }},
      {4, "the operator sees an old job",
       [](Story& story, unsigned random) {
         story.step({.migrator = story.cluster_.migrator, .job = story.old_view(random).job});
       }},
      {4, "the operator sees what was", [](Story& story, unsigned random) { story.step(story.old_view(random)); }},
      // Ten are kept: more would be run again after a rollback.
      {3, "a new version",
       [](Story& story, unsigned) { story.deploy(story.versions_ < 10 ? ++story.versions_ : story.versions_); }},
      {3, "an old version", [](Story& story, unsigned random) { story.deploy(1 + random % story.versions_); }},
      {15, "the job starts a pod", [](Story& story, unsigned) { story.start_job(); }},
      {3, "its pod fails", [](Story& story, unsigned random) { story.end_job(random % 4 == 1 ? 5 : 1, false); }},
      {2, "it fails", [](Story& story, unsigned random) { story.end_job(random % 4 == 1 ? 5 : 1, true); }},
      {12, "it succeeds", [](Story& story, unsigned) { story.end_job(0, true); }},
      {6, "what is deleted goes", [](Story& story, unsigned) { story.cluster_.collect_garbage(); }},
      {3, "time passes", [](Story& story, unsigned random) { story.cluster_.pass(seconds(random % 1200)); }},
      {1, "somebody deletes the job",
       [](Story& story, unsigned) {
         if (!story.has_succeeded()) story.cluster_.objects.erase("Job/testing-migrations");
       }},
      {1, "somebody wants a retry", [](Story& story, unsigned random) { story.ask_for_retry(random); }},
      {1, "somebody changes the command",
       [](Story& story, unsigned random) {
         story.cluster_.set_spec(fmt::format(R"({{"command": ["v{}"]}})", random % 3).c_str());
       }},
  };
  return all;
}

RC_GTEST_PROP(Properties, NothingIsRunTwiceAndNoSuccessIsLost, ()) {
  std::vector<std::string> names;
  for (const Story::Happening& happening : Story::happenings())
    names.insert(names.end(), happening.weight, happening.name);
  const auto what_happens =
      *rc::gen::scale(2.0, rc::gen::container<std::vector<std::pair<std::string, unsigned>>>(
                               rc::gen::pair(rc::gen::elementOf(names), rc::gen::inRange(0U, 100000U))));
  // Without and with a time for which Jobs are kept.
  Story story(*rc::gen::element("{}", R"({"ttlSecondsAfterFinished": 600})"));
  for (const auto& [happening, random] : what_happens) story.go_on(happening, random);
  story.finish();
}

}  // namespace
}  // namespace dunlin::manager
