#include "kubernetes/program/manifests.h"

#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "dunlin/version.h"

namespace dunlin::program {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ManifestImages read(std::vector<std::string> words) {
  return read_manifest_images(words);
}

TEST(Manifests, HaveTheImageOfThisVersion) {
  const std::string text = installation({});
  EXPECT_THAT(text, HasSubstr(fmt::format("image: dunlin-operator:{}\n", version())));
}

TEST(Manifests, HaveTheImageThatIsGiven) {
  const std::string text = installation(read({"--image", "registry:5000/op:1"}));
  EXPECT_THAT(text, HasSubstr("image: registry:5000/op:1\n"));
  EXPECT_THAT(text, HasSubstr("value: registry:5000/op:1\n"));  // the waiters'
  EXPECT_THAT(text, Not(HasSubstr(fmt::format("dunlin-operator:{}", version()))));
}

TEST(Manifests, HaveTheAdminImageThatIsGiven) {
  const std::string text = installation(read({"--admin-image", "registry:5000/dunlin:1"}));
  EXPECT_THAT(text, HasSubstr("name: ADMIN_IMAGE\n          value: registry:5000/dunlin:1\n"));
  EXPECT_THAT(text, HasSubstr(fmt::format("image: dunlin-operator:{}\n", version()))) << "which is another one";
}

TEST(Manifests, AreADocumentForEachObject) {
  const std::string text = installation({});
  std::size_t kinds = 0;
  for (std::size_t at = text.find("\nkind: "); at != std::string::npos; at = text.find("\nkind: ", at + 1)) ++kinds;
  EXPECT_EQ(kinds, embedded_objects().size());
  EXPECT_GT(kinds, 15U);
  for (const std::string_view object : embedded_objects().subspan(1)) EXPECT_THAT(object, StartsWith("apiVersion: "));
}

TEST(Manifests, ImagesThatWouldBeSomethingElseInYamlAreRefused) {
  for (const std::string image : {"", "two words", "a\nb: c", "{}", "a #b"})
    EXPECT_THROW(read({"--image", image}), Failure) << image;
  EXPECT_THROW(read({"--namespace", "x"}), Failure);
}

}  // namespace
}  // namespace dunlin::program
