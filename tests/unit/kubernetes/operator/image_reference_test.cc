#include "kubernetes/operator/image_reference.h"

#include <gmock/gmock.h>

namespace dunlin::manager {
namespace {

void expect_parts(const char* reference, const char* repository, const char* tag, const char* digest) {
  const ImageReference image = parse_image(reference);
  EXPECT_EQ(image.repository, repository) << reference;
  EXPECT_EQ(image.tag, tag) << reference;
  EXPECT_EQ(image.digest, digest) << reference;
}

TEST(ImageReference, HasARepositoryAndMayHaveATagAndADigest) {
  expect_parts("app", "app", "", "");
  expect_parts("app:1.2", "app", "1.2", "");
  expect_parts("host:5000/team/app", "host:5000/team/app", "", "");
  expect_parts("host:5000/team/app:1.2", "host:5000/team/app", "1.2", "");
  expect_parts("host:5000/app:1.2@sha256:ab", "host:5000/app", "1.2", "sha256:ab");
  expect_parts("app@sha256:ab", "app", "", "sha256:ab");
  expect_parts("[::1]:5000/app:1", "[::1]:5000/app", "1", "");
  expect_parts("", "", "", "");
  expect_parts(":", "", "", "");
  expect_parts("@", "", "", "");
}

TEST(ImageId, HoldsADigestBehindWhateverARuntimePutsBeforeIt) {
  EXPECT_EQ(digest_of_image_id("docker.io/library/app@sha256:ab"), "sha256:ab");
  EXPECT_EQ(digest_of_image_id("docker-pullable://app@sha256:ab"), "sha256:ab");
  EXPECT_EQ(digest_of_image_id("docker://sha256:ab"), "sha256:ab");
  EXPECT_EQ(digest_of_image_id("sha256:ab"), "sha256:ab");
  EXPECT_EQ(digest_of_image_id("app:1"), "");
  EXPECT_EQ(digest_of_image_id(""), "");
}

TEST(PinnedImage, IsTheVeryOneOfANode) {
  EXPECT_EQ(pinned("app:latest", "docker.io/library/app@sha256:ab"), "app@sha256:ab");
  EXPECT_EQ(pinned("team/app:latest", "docker-pullable://team/app@sha256:ab"), "team/app@sha256:ab");
  EXPECT_EQ(pinned("docker.io/app:latest", "app@sha256:ab"), "docker.io/app@sha256:ab");
  EXPECT_EQ(pinned("host:5000/app:latest", "host:5000/app@sha256:ab"), "host:5000/app@sha256:ab");
}

TEST(PinnedImage, IsNoneWhereItMightNotBePulled) {
  EXPECT_EQ(pinned("app:latest", "sha256:ab"), "");
  EXPECT_EQ(pinned("app:latest", "host:5000/app@sha256:ab"), "");
  EXPECT_EQ(pinned("localhost/app:latest", "app@sha256:ab"), "");
  EXPECT_EQ(pinned("app:latest", ""), "");
}

}  // namespace
}  // namespace dunlin::manager
