// The operator's copies of what the API server has, kept up to date by a thread for each kind.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kubernetes/client/api_client.h"
#include "kubernetes/client/cache.h"
#include "kubernetes/operator/job_view.h"
#include "kubernetes/operator/kinds.h"
#include "kubernetes/operator/migrator.h"
#include "kubernetes/operator/pod_view.h"
#include "kubernetes/operator/template_holder.h"

namespace dunlin::manager {

// Any thread may call any of it.
class Informers {
 public:
  using Migrators = kubernetes::Cache<Migrator>;
  using Pods = kubernetes::Cache<PodView>;
  using Jobs = kubernetes::Cache<JobView>;
  // Called on the threads of the copies when something that concerns a Migrator has changed.
  using Wake = std::function<void(const kubernetes::ObjectKey&)>;
  using Tell = std::function<void(const std::string&)>;

  // `name_space`: the only one that is watched; empty: all. The client should be one that the interrupt interrupts.
  Informers(kubernetes::ApiClient&, std::string name_space, const Interrupt&, Wake, Tell on_problem);
  // After the interrupt: waits for the threads.
  ~Informers();
  Informers(const Informers&) = delete;
  Informers& operator=(const Informers&) = delete;

  void start();
  // Every copy is complete, or it is known that there is nothing to be had.
  bool synced() const { return unread().empty(); }
  // What is still missing, in words; empty when synced.
  std::string unread() const;
  // Of each kind, by its plural, why the API server does not let us see it (any more); empty: it does.
  std::vector<std::pair<std::string_view, std::string>> refusals() const;

  const Migrators& migrators() const { return migrators_; }
  const Pods& pods() const { return pods_; }
  const Jobs& jobs() const { return jobs_; }

  // An object that pods come from; empty where we have none of that uid.
  std::shared_ptr<const TemplateHolder> holder(const kubernetes::Reference&) const;
  // Workloads of a namespace that last and whose pods the Migrator would select.
  std::vector<std::shared_ptr<const TemplateHolder>> lasting_workloads(const Migrator&) const;

 private:
  using Holders = kubernetes::Cache<TemplateHolder>;
  struct WorkloadCache {
    kubernetes::Resource resource;
    std::unique_ptr<Holders> cache;
  };

  void migrator_changed(const kubernetes::ObjectKey&, const Migrators::Item& was, const Migrators::Item& is);
  void pod_changed(const kubernetes::ObjectKey&, const Pods::Item& was, const Pods::Item& is);
  void job_changed(const kubernetes::ObjectKey&, const Jobs::Item& was, const Jobs::Item& is);
  void holder_changed(const kubernetes::ObjectKey&, const Holders::Item& was, const Holders::Item& is);
  void wake_selecting(const std::string& name_space, const kubernetes::StringMap& labels) const;
  void wake_lock_group(const Migrator& of) const;
  void wake_lock_group_of(const kubernetes::ObjectKey& migrator) const;
  void wake_all(const std::string& name_space) const;

  WorkloadCache make_cache(const kubernetes::Resource&);
  void reflect(const kubernetes::Resource&, kubernetes::ReflectorSink&);
  void reflect_cron_jobs();

  kubernetes::ApiClient& api_;
  const std::string name_space_;
  const Interrupt& interrupt_;
  const Wake wake_;
  const Tell on_problem_;

  Migrators migrators_;
  Pods pods_;
  Jobs jobs_;
  std::vector<WorkloadCache> workloads_;
  std::deque<std::thread> threads_;
};

}  // namespace dunlin::manager
