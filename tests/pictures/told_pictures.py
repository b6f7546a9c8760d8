"""Pictures as other programs leave them, made with Pillow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

A1111 = """a red fox, (snow:1.2), <lora:fur:0.8>
in the morning
Negative prompt: blurry, low quality
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Lora hashes: "fur: 8a5b, eye: 9c2d", Version: v1.9.4"""

COMFYUI = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 7, "steps": 25, "cfg": 6.5, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
                   "model": ["4", 0], "positive": ["8", 0], "negative": ["9", 0], "latent_image": ["5", 0]},
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["10", 0], "clip": ["4", 1]}},
    "8": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["6", 0]}},
    "9": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["4", 1]}},
    "10": {"class_type": "PrimitiveString", "inputs": {"value": "a blue whale"}},
    "11": {"class_type": "SaveImage", "inputs": {"images": ["12", 0], "filename_prefix": "ComfyUI"}},
}  # fmt: skip

FLUX = {
    "1": {"class_type": "SamplerCustomAdvanced", "inputs": {"guider": ["2", 0], "noise": ["3", 0]}},
    "2": {"class_type": "BasicGuider", "inputs": {"model": ["4", 0], "conditioning": ["5", 0]}},
    "3": {"class_type": "RandomNoise", "inputs": {"noise_seed": 99}},
    "4": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
    "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "a robot in a greenhouse"}},
}

WORKFLOW = {
    "nodes": [
        {"id": 3, "type": "KSampler", "inputs": [{"name": "positive", "link": 4}, {"name": "negative", "link": 6}],
         "widgets_values": [7, "randomize", 20, 8, "euler"]},
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["dream.safetensors"]},
        {"id": 6, "type": "CLIPTextEncode", "inputs": [{"name": "clip", "link": 3}], "widgets_values": ["a lighthouse"]},
        {"id": 7, "type": "CLIPTextEncode", "inputs": [], "widgets_values": ["text"]},
    ],
    "links": [[4, 6, 0, 3, 1, "CONDITIONING"], [6, 7, 0, 3, 2, "CONDITIONING"], [3, 4, 1, 6, 0, "CLIP"]],
}  # fmt: skip

INVOKEAI = {
    "positive_prompt": "a ceramic mug", "negative_prompt": "", "width": 640, "height": 512, "seed": 12, "steps": 30,
    "cfg_scale": 7.5, "scheduler": "euler", "model": {"name": "Juggernaut XL", "base": "sdxl"},
}  # fmt: skip

SD_METADATA = {
    "model_weights": "stable-diffusion-1.5",
    "image": {"prompt": [{"prompt": "an old map", "weight": 1.0}], "steps": 50, "cfg_scale": 7.5, "sampler": "k_lms",
              "seed": 3, "width": 512, "height": 512},
}  # fmt: skip

DREAM = '"a fern, \\"pressed\\"" -s 50 -S 42 -W 512 -H 640 -C 7.5 -A k_lms'

USER_COMMENT, EXIF_IFD, MAKE, MODEL = 0x9286, 0x8769, 0x010F, 0x0110


def png(path: Path, kind: str = "tEXt", colour: str = "red", **texts: Any) -> Path:
    """A PNG with these texts, in chunks of this kind."""
    info = PngInfo()
    for keyword, text in texts.items():
        said = text if isinstance(text, str) else json.dumps(text)
        name = keyword.replace("_metadata", "-metadata") if keyword == "sd_metadata" else keyword
        if kind == "iTXt":
            info.add_itxt(name, said)
        else:
            info.add_text(name, said, zip=kind == "zTXt")
    Image.new("RGB", (8, 6), colour).save(path, pnginfo=info)
    return path


def with_exif(path: Path, comment: bytes | None = None, **fields: str) -> Path:
    """A JPEG or WebP with this user comment, and these fields of a camera."""
    exif = Image.Exif()
    for tag, name in ((MAKE, "make"), (MODEL, "model")):
        if name in fields:
            exif[tag] = fields[name]
    if comment is not None:
        exif.get_ifd(EXIF_IFD)[USER_COMMENT] = comment
    Image.new("RGB", (8, 6), "blue").save(path, exif=exif)
    return path
