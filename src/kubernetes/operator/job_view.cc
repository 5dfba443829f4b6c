#include "kubernetes/operator/job_view.h"

#include "kubernetes/operator/keys.h"

namespace dunlin::manager {

JobView read_job_view(const kubernetes::Json& job) {
  JobView view{.uid = kubernetes::uid_of(job)};
  const auto owner = kubernetes::controller_of(job);
  if (!owner || owner->api_version != kApiVersion || owner->kind != kKind) {
    view.holder = read_template_holder(kubernetes::kJobs, job);
    return view;
  }
  view.migrator = owner->name;
  view.migrator_uid = owner->uid;
  kubernetes::Json kept = job;
  kept["metadata"].erase("managedFields");
  view.text = kubernetes::line_of(kept);
  return view;
}

}  // namespace dunlin::manager
