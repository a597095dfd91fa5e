// `segment predict` with a model of random weights: sizes, names, files, tiles, failures.
#include <gtest/gtest.h>
#include <signal.h>
#include <torch/utils.h>

#include <string>
#include <thread>
#include <vector>

#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "engine/report/page.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/segment_command.h"

namespace multipole {
namespace {

using test::Bytes;
using test::noise;

using SegmentPredict = test::SegmentCommand;

TEST_F(SegmentPredict, AMapOfThePicturesOwnSizeWhateverItIs) {
  struct Picture {
    const char* name;
    int64_t height, width;
  };
  const std::vector<Picture> pictures = {{"a.png", 1, 1}, {"b.png", 37, 53}, {"c.png", 1, 200}, {"d.png", 129, 2}};
  for (const auto& picture : pictures) {
    folder_.write(std::string("in/") + picture.name, encode_png(noise(picture.height, picture.width)));
  }
  // stored lying down, to be turned by a quarter
  folder_.write("in/e.jpg", test::with_app1(test::encode_jpeg(noise(40, 70)), test::exif_block(6)));
  const auto result = predict({(folder_ / "in").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  const auto lines = results();
  ASSERT_EQ(lines.size(), 5u);
  for (size_t i = 0; i < lines.size(); ++i) {
    const int64_t height = i < 4 ? pictures[i].height : 70, width = i < 4 ? pictures[i].width : 40;
    const std::string name = std::string(1, static_cast<char>('a' + i)) + ".png";
    const auto ids = map_ids(name);
    EXPECT_EQ(ids.size(0), height) << name;
    EXPECT_EQ(ids.size(1), width) << name;
    EXPECT_EQ(test::read_text(out(name))[25], 3) << "not a palette PNG";
    EXPECT_EQ(lines[i]["height"], height);
    EXPECT_EQ(lines[i]["width"], width);
    ASSERT_EQ(lines[i]["classes"].size(), 3u);
    for (size_t c = 0; c < 3; ++c) {
      const auto share = ids.eq(static_cast<int64_t>(c)).to(torch::kDouble).mean().item<double>();
      EXPECT_NEAR(lines[i]["classes"][c]["share"].get<double>(), share, 1e-6);
    }
    EXPECT_EQ(lines[i]["classes"][2]["class"], "a \"tree\"");
    EXPECT_GE(lines[i]["seconds"].get<double>(), 0);
  }
  EXPECT_NE(result.err.find("whole"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("peak memory"), std::string::npos) << result.err;
}

// Tiles of a model that takes a coarse view of the whole are told what lies beyond them; a whole picture needs none.
TEST_F(SegmentPredict, TilesSeeTheWholePictureCoarsely) {
  ModelMetadata metadata = load_model(model()).metadata;
  metadata.architecture.head["context"] = true;
  const VisionModel with_context(metadata.architecture);
  const std::vector<std::string> inputs = {"--quiet", (folder_ / "p.png").string()};
  folder_.write("p.png", encode_png(noise(200, 300)));
  const auto maps = [&](double weight, const std::string& tile) {
    const torch::NoGradGuard no_grad;
    for (auto& item : with_context->named_parameters()) {
      if (item.key() == "head.context.weight") item.value().copy_(weight * torch::eye(item.value().size(0)));
    }
    save_model(model(), *with_context, metadata);
    auto words = inputs;
    words.insert(words.end(), {"--tile", tile});
    const auto result = predict(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return test::read_text(out("p.png"));
  };
  EXPECT_EQ(maps(0, "none"), maps(5, "none"));
  EXPECT_NE(maps(0, "96"), maps(5, "96"));
}

TEST_F(SegmentPredict, EveryKindOfOutput) {
  folder_.write("p.jpg", test::encode_jpeg(noise(60, 90)));
  const auto result = predict({"--overlay", "--probability", "--uncertainty", "--quiet", (folder_ / "p.jpg").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(files(), (std::vector<std::string>{"p.overlay.jpg", "p.png", "p.probability.png", "p.uncertainty.png",
                                               "results.jsonl"}));
  for (const char* name : {"p.overlay.jpg", "p.probability.png", "p.uncertainty.png"}) {
    EXPECT_EQ(read_image(out(name)).sizes(), (std::vector<int64_t>{60, 90, 3})) << name;
  }
  EXPECT_GE(read_image(out("p.probability.png")).min().item<int>(), 255 / 3);
}

TEST_F(SegmentPredict, TheLegendIsAFileOfItsOwn) {
  folder_.write("p.png", encode_png(noise(60, 90)));
  const auto result = predict({"--overlay", "--legend", "--quiet", (folder_ / "p.png").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"p.legend.svg", "p.overlay.jpg", "p.png", "results.jsonl"}));
  EXPECT_EQ(read_image(out("p.overlay.jpg")).sizes(), (std::vector<int64_t>{60, 90, 3}));
  const Json line = results()[0];
  EXPECT_EQ(line["legend"], out("p.legend.svg").string());
  const std::string svg = test::read_text(out("p.legend.svg"));
  for (const char* part : {"#0000ff", "#0a00ff", "#1400ff", ">sky<", ">road<", ">a &quot;tree&quot;<"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part << "\n" << svg;
  }
  for (const auto& row : line["classes"]) {
    const std::string share = percent_text(row["share"].get<double>());
    EXPECT_NE(svg.find('>' + share + '<'), std::string::npos) << row << svg;
  }
}

// A class in black would look like a shadow on the picture.
TEST_F(SegmentPredict, AModelWithoutColoursShowsEveryClassInOne) {
  const LoadedModel loaded = load_model(model());
  ModelMetadata metadata = loaded.metadata;
  metadata.palette.clear();
  save_model(model(), *loaded.model, metadata);
  folder_.write("p.png", encode_png(noise(60, 90)));
  ASSERT_EQ(predict({(folder_ / "p.png").string()}).exit_code, 0);
  const auto colors = read_image(out("p.png")).flatten(0, 1).to(torch::kInt);
  const auto strength = colors.amax(1) - colors.amin(1);
  EXPECT_GE(strength.min().item<int>(), 80) << "a gray or black class";
}

TEST_F(SegmentPredict, TilesCoverThePictureAndThePlanIsTold) {
  folder_.write("p.png", encode_png(noise(150, 210)));
  const auto result = predict({"--tile", "96", "--overlap", "32", (folder_ / "p.png").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("210 x 150 pixels in 3 x 2 tiles of up to"), std::string::npos) << result.err;
  EXPECT_LT(result.err.find("tiles of up to"), result.err.find("peak memory"));
  EXPECT_EQ(results()[0]["tiles"], 6);
  EXPECT_EQ(map_ids("p.png").sizes(), (std::vector<int64_t>{150, 210}));
  // below what the program itself takes, nothing can fit
  const auto starved = predict({"--memory-limit", "1MiB", (folder_ / "p.png").string()});
  EXPECT_EQ(starved.exit_code, 4) << starved.err;
  EXPECT_NE(starved.err.find("--memory-limit"), std::string::npos) << starved.err;
}

TEST_F(SegmentPredict, FoldersAreMirrored) {
  folder_.write("in/x.png", encode_png(noise(5, 6)));
  folder_.write("in/deep/er/x.png", encode_png(noise(5, 6)));
  ASSERT_EQ(predict({(folder_ / "in").string()}).exit_code, 0);
  EXPECT_EQ(files(), (std::vector<std::string>{"deep/er/x.png", "results.jsonl", "x.png"}));
}

TEST_F(SegmentPredict, AnInputIsNeverReplaced) {
  const auto path = folder_.write("out/x.png", encode_png(noise(5, 6)));
  const std::string before = test::read_text(path);
  const auto result = predict({path.string()});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(test::read_text(path), before);
}

TEST_F(SegmentPredict, BadInputsAmongGoodOnesLeaveNothingBehind) {
  Bytes cut = encode_png(noise(400, 300));
  cut.resize(cut.size() * 9 / 10);
  folder_.write("in/a.png", encode_png(noise(20, 30)));
  folder_.write("in/b.png", cut);
  folder_.write("in/c.jpg", test::to_bytes("Dear reader, this is no picture."));
  folder_.write("in/d.jpg", {});
  folder_.write("in/e.png", encode_png(noise(20, 30)));
  const auto result = predict({"--tile", "64", "--overlap", "16", "--overlay", (folder_ / "in").string()});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("3 of 5 inputs could not be read"), std::string::npos) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"a.overlay.jpg", "a.png", "e.overlay.jpg", "e.png", "results.jsonl"}));
  const auto lines = results();
  ASSERT_EQ(lines.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(lines[i].contains("error"), i >= 1 && i <= 3) << lines[i];
}

TEST_F(SegmentPredict, WrongUse) {
  const std::string picture = folder_.write("p.png", encode_png(noise(5, 6))).string();
  EXPECT_EQ(predict({"--tile", "many", picture}).exit_code, 2);
  EXPECT_EQ(predict({"--memory-limit", "lots", picture}).exit_code, 2);
  EXPECT_EQ(predict({(folder_ / "absent.png").string()}).exit_code, 2);
  folder_.write("big.png", encode_png(noise(100, 100)));
  EXPECT_EQ(predict({"--tile", "64", "--overlap", "60", (folder_ / "big.png").string()}).exit_code, 2);
  test::write_random_model(model(), {"cat", "dog"});
  const auto classifier = predict({picture});
  EXPECT_EQ(classifier.exit_code, 5);
  EXPECT_NE(classifier.err.find("classification"), std::string::npos) << classifier.err;
  std::filesystem::remove_all(folder_ / "out");
  test::write_text(folder_ / "out", "a file");
  test::write_random_segmenter(model(), {"a", "b"});
  EXPECT_EQ(predict({picture}).exit_code, 2);
}

TEST_F(SegmentPredict, AGeoreferenceIsKept) {
  GeoTags tags;
  tags.pixel_scale = {10, 10, 0};
  tags.tiepoints = {0, 0, 0, 500000, 4649776.5, 0};
  tags.keys = {1, 1, 0, 1, 3072, 0, 1, 32633};
  const auto path = folder_ / "field.tif";
  {
    GeoTiffWriter writer(path, 70, 45, default_palette(), tags);
    writer.write(torch::randint(0, 256, {70, 45}, torch::kUInt8));
    writer.finish();
  }
  const auto result = predict({path.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"field.png", "field.tif", "results.jsonl"}));
  const auto kept = read_geo_tags(out("field.tif"));
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->tiepoints, tags.tiepoints);
  EXPECT_EQ(kept->keys, tags.keys);
  EXPECT_TRUE(torch::equal(read_image(out("field.tif")), read_image(out("field.png"))));
}

TEST_F(SegmentPredict, AStopBetweenTilesLeavesNoPart) {
  folder_.write("p.png", encode_png(noise(2500, 2500)));
  test::Process process(
      test::multipole_command(words({"--tile", "64", "--overlap", "16", (folder_ / "p.png").string()})));
  // the folder is made once signals are heard
  for (int i = 0; i < 6000 && !std::filesystem::exists(folder_ / "out"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  process.send(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_EQ(files(), (std::vector<std::string>{"results.jsonl"}));
}

}  // namespace
}  // namespace multipole
