// Whatever happens in a cluster, and wherever the operator is killed: no identity is run twice, no success is lost, no
// migration is killed, nothing starts whose schema may be gone, and in the end what is wanted has been migrated to.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {
namespace {

using std::chrono::seconds;

class Story {
 public:
  explicit Story(const char* spec)
      : cluster_(spec), has_contract_(std::string_view(spec).find("contractCommand") != std::string_view::npos) {
    cluster_.deploy("web", "myapp:v1");
  }

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

  // Two versions have been migrated to, and the pods of the first have gone.
  void roll_out() {
    for (unsigned version = 1; version <= 2; ++version) {
      deploy(versions_ = version);
      cluster_.settle();
      start_job();
      end_job(0, true);
      cluster_.settle();
    }
    cluster_.drop_other_pods("myapp:v2");
  }

  // Nobody interferes any more, every migration succeeds, and who sees that it has stalled does something.
  void finish() {
    cluster_.nodes_answer = true;
    // One that was left before it was migrated to, and came back, is older than what was migrated to meanwhile.
    if (has_contract_) ++versions_;
    deploy(versions_);
    for (int k = 0; k < 8; ++k) {
      cluster_.settle();
      check();
      if (cluster_.condition().status == Truth::yes && is_at_rest()) break;
      if (cluster_.condition("Stalled").status == Truth::yes) ask_for_retry(1000000 + static_cast<unsigned>(k));
      for (const char* name : {kContractJob, kMigrationJob}) {
        start_job(name);
        end_job(0, true, name);
      }
      cluster_.pass(seconds(1000));
    }
    RC_ASSERT(cluster_.status().lets_start(fmt::format("myapp:v{}", versions_)));
    RC_ASSERT(cluster_.condition().status == Truth::yes);
    RC_ASSERT(is_at_rest());
    if (!has_contract_) return;
    const std::string last = fmt::format("myapp:v{}", versions_);
    cluster_.drop_other_pods(last);
    for (int k = 0; k < 8 && cluster_.condition("Contracted").status != Truth::yes; ++k) {
      cluster_.settle();
      check();
      if (cluster_.condition("Stalled").status == Truth::yes) ask_for_retry(2000000 + static_cast<unsigned>(k));
      start_job(kContractJob);
      end_job(0, true, kContractJob);
      cluster_.pass(seconds(1000));
    }
    cluster_.settle();
    check();
    RC_ASSERT(cluster_.condition("Contracted").status == Truth::yes);
    RC_ASSERT(cluster_.status().lets_start(last));
  }

 private:
  // What a cache can hold.
  struct View {
    Json migrator;
    std::vector<Json> jobs;
  };

  View view() {
    View now{.migrator = cluster_.migrator, .jobs = {}};
    for (const Json* job : cluster_.all_jobs()) now.jobs.push_back(*job);
    return now;
  }

  // One of the last few.
  View old_view(unsigned random) {
    return views_.empty() ? view() : views_[views_.size() - 1 - random % std::min<std::size_t>(views_.size(), 6)];
  }

  // `acts`: the operator is not killed behind writing the status.
  void step(const View& seen, bool acts = true) {
    std::vector<const Json*> jobs;
    for (const Json& job : seen.jobs) jobs.push_back(&job);
    if (needs_live_contract_job(read_migrator(seen.migrator))) jobs = cluster_.all_jobs();
    const Decision decision = cluster_.decide_on(seen.migrator, jobs);
    if (!cluster_.write_status(decision, kubernetes::resource_version_of(seen.migrator)) || !acts) return;
    std::map<std::string, bool> must_stay;
    for (const char* name : {kMigrationJob, kContractJob}) must_stay[name] = is_running(name) || is_unrecorded(name);
    if (!cluster_.act(decision.action)) return;
    if (const auto* removal = std::get_if<DeleteJob>(&decision.action)) RC_ASSERT(!must_stay[removal->name]);
    if (const auto* stop = std::get_if<StopJob>(&decision.action)) RC_ASSERT(!must_stay[stop->name]);
    const auto* creation = std::get_if<CreateJob>(&decision.action);
    if (creation == nullptr) return;
    RC_ASSERT(!migration_pod_runs());
    if (kubernetes::name_of(creation->job) == kContractJob) {
      RC_ASSERT(!contracted_.contains(cluster_.contracts.back()));
      RC_ASSERT(!is_running(kMigrationJob));
      RC_ASSERT(only_lives(cluster_.contracts.back()));
    } else {
      RC_ASSERT(!succeeded_.contains(cluster_.created.back()));
      RC_ASSERT(!is_running(kContractJob));
    }
  }

  bool migration_pod_runs() {
    return std::ranges::any_of(cluster_.objects, [&](const auto& entry) {
      return entry.first.starts_with("Pod/testing-") && entry.second["status"]["phase"] == "Running";
    });
  }

  bool only_lives(const std::string& image) {
    return std::ranges::all_of(cluster_.objects, [&](const auto& entry) {
      const Json& object = entry.second;
      return !entry.first.starts_with("Pod/") || !object["metadata"]["labels"].contains("app") ||
             object["spec"]["containers"][0]["image"] == image;
    });
  }

  void deploy(unsigned version) { cluster_.deploy("web", fmt::format("myapp:v{}", version)); }

  void ask_for_retry(unsigned value) {
    cluster_.migrator["metadata"]["annotations"] = {{"migrations.coderanger.net/retry", fmt::format("{}", value)}};
  }

  // No Job is left, or only what one has left to its reader that has given up, and whose identity nobody wants any
  // more.
  bool is_at_rest() {
    const Json* job = cluster_.job();
    return job == nullptr ||
           (kubernetes::is_true(kubernetes::condition(*job, "Failed")) &&
            kubernetes::annotation(*job, "migrations.coderanger.net/identity") != fmt::format("myapp:v{}", versions_));
  }

  bool is_running(const char* name = kMigrationJob) {
    return cluster_.job(name) != nullptr && (*cluster_.job(name))["status"].contains("active");
  }
  bool has_succeeded(const char* name = kMigrationJob) {
    return cluster_.job(name) != nullptr && (*cluster_.job(name))["status"].contains("succeeded");
  }
  bool is_unrecorded(const char* name) {
    if (!has_succeeded(name)) return false;
    const MigratorStatus status = cluster_.status();
    const std::string uid = kubernetes::uid_of(*cluster_.job(name));
    return name == std::string_view(kMigrationJob) ? !status.recorded_success(uid)
                                                   : !status.contract || status.contract->job_uid != uid;
  }

  void start_job(const char* name = kMigrationJob) {
    Json* job = cluster_.job(name);
    const bool may = job != nullptr && !is_running(name) && !has_succeeded(name) &&
                     !kubernetes::is_being_deleted(*job) &&
                     !kubernetes::is_true(kubernetes::condition(*job, "Failed")) &&
                     kubernetes::integer(kubernetes::field(*job, "spec", "parallelism"), 1) > 0;
    if (!may) return;
    cluster_.start_job(name);
    if (name == std::string_view(kMigrationJob)) return;
    // From now on what is older than this may miss something.
    const std::string identity = kubernetes::annotation(*job, "migrations.coderanger.net/identity");
    for (const std::string& old : succeeded_) {
      if (old != identity) broken_.insert(old);
    }
  }

  void end_job(int exit_code, bool gives_up, const char* name = kMigrationJob) {
    if (!is_running(name)) return;
    auto& ended_well = name == std::string_view(kMigrationJob) ? succeeded_ : contracted_;
    if (exit_code == 0)
      ended_well.insert(kubernetes::annotation(*cluster_.job(name), "migrations.coderanger.net/identity"));
    cluster_.finish_job(exit_code, "", gives_up, name);
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
    for (const std::string& old : broken_) RC_ASSERT(!status.lets_start(old));
    for (const std::string& identity : contracted_) {
      const Migrated* entry = status.find_migrated(identity);
      RC_ASSERT(has_succeeded(kContractJob) || (entry != nullptr && entry->contracted));
    }
  }

  FakeCluster cluster_;
  bool has_contract_;
  std::vector<View> views_;
  std::set<std::string> succeeded_;
  std::set<std::string> contracted_;
  // Their schema may be gone.
  std::set<std::string> broken_;
  unsigned versions_ = 1;
};

// An operator that is killed between a decision's three parts has done the first, or the first two.
const std::vector<Story::Happening>& Story::happenings() {
  static const std::vector<Happening> all{
      {30, "the operator decides", [](Story& story, unsigned) { story.step(story.view()); }},
      {5, "the operator is killed before it acts", [](Story& story, unsigned) { story.step(story.view(), false); }},
      {4, "the operator sees an old migrator",
       [](Story& story, unsigned random) {
         story.step({.migrator = story.old_view(random).migrator, .jobs = story.view().jobs});
       }},
      {4, "the operator sees an old job",
       [](Story& story, unsigned random) {
         story.step({.migrator = story.cluster_.migrator, .jobs = story.old_view(random).jobs});
       }},
      {4, "the operator sees what was", [](Story& story, unsigned random) { story.step(story.old_view(random)); }},
      // Ten are kept: more would be run again after a rollback.
      {3, "a new version",
       [](Story& story, unsigned) { story.deploy(story.versions_ < 10 ? ++story.versions_ : story.versions_); }},
      {3, "an old version", [](Story& story, unsigned random) { story.deploy(1 + random % story.versions_); }},
      {15, "the job starts a pod", [](Story& story, unsigned) { story.start_job(); }},
      {3, "its pod fails", [](Story& story, unsigned random) { story.end_job(random % 4 == 1 ? 5 : 1, false); }},
      {2, "it fails", [](Story& story, unsigned random) { story.end_job(random % 4 == 1 ? 5 : 1, true); }},
      {2, "it takes too long",
       [](Story& story, unsigned random) {
         const char* name = random % 3 == 0 ? kContractJob : kMigrationJob;
         if (story.is_running(name)) story.cluster_.expire_job(name);
       }},
      {2, "nodes go away, or come back",
       [](Story& story, unsigned random) { story.cluster_.nodes_answer = random % 2 == 0; }},
      {12, "it succeeds", [](Story& story, unsigned) { story.end_job(0, true); }},
      {6, "what is deleted goes", [](Story& story, unsigned) { story.cluster_.collect_garbage(); }},
      {3, "time passes", [](Story& story, unsigned random) { story.cluster_.pass(seconds(random % 1200)); }},
      {1, "somebody deletes the job",
       [](Story& story, unsigned) {
         if (!story.has_succeeded()) story.cluster_.objects.erase("Job/testing-migrations");
       }},
      {6, "the rollout is through",
       [](Story& story, unsigned) {
         const Json& web = story.cluster_.objects.at("Deployment/web");
         story.cluster_.drop_other_pods(web["spec"]["template"]["spec"]["containers"][0]["image"]);
       }},
      {6, "the contract starts a pod", [](Story& story, unsigned) { story.start_job(kContractJob); }},
      {2, "the contract fails",
       [](Story& story, unsigned random) { story.end_job(random % 4 == 1 ? 5 : 1, random % 3 > 0, kContractJob); }},
      {5, "the contract succeeds", [](Story& story, unsigned) { story.end_job(0, true, kContractJob); }},
      // What has begun and is gone before anybody has seen it counts as if it had never been.
      {1, "somebody deletes the contract's job",
       [](Story& story, unsigned) {
         const auto contract = story.cluster_.status().contract;
         if (contract && contract->begun && !story.has_succeeded(kContractJob))
           story.cluster_.objects.erase("Job/testing-contract");
       }},
      {1, "somebody wants a retry", [](Story& story, unsigned random) { story.ask_for_retry(random); }},
      {1, "somebody changes the command",
       [](Story& story, unsigned random) {
         story.cluster_.set_spec(fmt::format(R"({{"command": ["v{}"]}})", random % 3).c_str());
       }},
  };
  return all;
}

std::vector<std::pair<std::string, unsigned>> any_story(double scale) {
  std::vector<std::string> names;
  for (const Story::Happening& happening : Story::happenings())
    names.insert(names.end(), happening.weight, happening.name);
  return *rc::gen::scale(scale, rc::gen::container<std::vector<std::pair<std::string, unsigned>>>(
                                    rc::gen::pair(rc::gen::elementOf(names), rc::gen::inRange(0U, 100000U))));
}

RC_GTEST_PROP(Properties, NothingIsRunTwiceAndNoSuccessIsLost, ()) {
  // Without and with a time for which Jobs are kept, and with a contract.
  Story story(*rc::gen::element("{}", R"({"ttlSecondsAfterFinished": 600})",
                                R"({"contractCommand": ["c"], "contractAfter": "0s"})"));
  for (const auto& [happening, random] : any_story(2.0)) story.go_on(happening, random);
  story.finish();
}

RC_GTEST_PROP(Properties, NothingStartsBehindAContract, ()) {
  Story story(
      *rc::gen::element(R"({"contractCommand": ["c"], "contractAfter": "0s"})",
                        R"({"contractCommand": ["c"], "contractAfter": "3m", "ttlSecondsAfterFinished": 600})"));
  story.roll_out();
  for (const auto& [happening, random] : any_story(1.0)) story.go_on(happening, random);
  story.finish();
}

}  // namespace
}  // namespace dunlin::manager
