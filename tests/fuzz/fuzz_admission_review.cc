// What anybody in a cluster can send to the webhooks: any bytes. It is refused or answered; an answer can be carried
// out, and whoever is asked about the outcome has nothing to add.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "dunlin/error.h"
#include "fuzz/require.h"
#include "kubernetes/operator/admission.h"
#include "kubernetes/operator/author_check.h"
#include "kubernetes/operator/injection.h"

namespace {

using namespace dunlin;
using namespace dunlin::manager;
using kubernetes::Json;

std::vector<Migrator> migrators() {
  std::vector<Migrator> all;
  for (const char* text : {
           R"({"metadata": {"name": "all", "namespace": "shop"}, "spec": {"selector": {}}})",
           R"({"metadata": {"name": "of.web", "namespace": "shop"},
               "spec": {"selector": {"matchLabels": {"app": "web"}}, "container": "web", "trigger": "template"}})",
           R"({"metadata": {"name": "by-digest", "namespace": "shop"},
               "spec": {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}, "trigger": "digest"}})",
       }) {
    all.push_back(read_migrator(Json::parse(text)));
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Migrator> known = migrators();
  std::vector<const Migrator*> pointers;
  for (const Migrator& migrator : known) pointers.push_back(&migrator);
  AdmissionRequest request;
  try {
    request = read_review({reinterpret_cast<const char*>(data), size});
  } catch (const Failure& failure) {
    require(failure.error().kind == ErrorKind::usage, "what is no review is a matter of usage");
    return 0;
  }
  const AdmissionAnswer answer = inject(request, pointers, {.image = "operator:1", .host = "host:5000"});
  const Json response = Json::parse(to_review(request, answer))["response"];
  require(response["uid"] == request.uid, "the answer is to the request");
  require(response["allowed"] == true, "a Migrator that selects everything lets every pod in");
  if (!answer.patch.is_null()) {
    require(Json::parse(*decode_base64(response["patch"].get<std::string>())) == answer.patch, "the patch arrives");
    Json patched;
    try {
      patched = request.object.patch(answer.patch);
    } catch (const Json::exception&) {
      // The API server has read it as a pod before it asks.
      const Json& spec = kubernetes::field(request.object, "spec");
      require(!spec.is_object() || !spec.value("initContainers", Json::array()).is_array(), "a pod can be patched");
      return 0;
    }
    AdmissionRequest again = request;
    again.object = patched;
    require(inject(again, pointers, {.image = "operator:1"}).patch.is_null(), "a pod with its waiters keeps them");
  }
  const bool needs_no_question = answer_without_asking(request).has_value();
  const Json review = Json::parse(kubernetes::line_of(access_review(request, false)));
  require(needs_no_question || review["spec"]["user"] == request.user.name, "the author is asked about");
  require(!answer_to_verdict(request, request.object).allowed ||
              kubernetes::flag(kubernetes::field(request.object, "status", "allowed")),
          "nobody is allowed without a word");
  return 0;
}
