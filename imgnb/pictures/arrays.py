"""Arrays of numbers as pictures: NumPy's, and those that turn into NumPy's (PyTorch, JAX, xarray).

What the numbers mean must be plain: 0 to 255, 0.0 to 1.0, 16 bits, or true and false. Nothing is stretched or clipped
to fit, for the picture would then not be what the array says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RequestInvalid
from .kinds import has, is_a, named
from .probe import MAX_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_NOISE = 1e-6
"How far beyond 0.0 or 1.0 a float may be: what arithmetic leaves, and no picture shows."


def is_array(value: object) -> bool:
    """Whether the value says that it is an array, as NumPy understands that."""
    return has(value, "shape") and (has(value, "__array_interface__") or has(value, "__array__"))


def array_picture(value: Any) -> tuple[Image, str]:
    """Return the array (height, width) or (height, width, 1 to 4) as L, LA, RGB or RGBA, and what it was.

    Raises RequestInvalid where its shape, type or values are not a picture's.
    """
    import PIL.Image

    if is_a(value, "numpy", "MaskedArray") and value.mask.any():
        raise _refused(value, "masked NumPy array", "what is masked has no brightness", "give array.filled(0)")
    array = _as_numpy(value)
    name = "NumPy array" if is_a(value, "numpy", "ndarray") else named(value)
    _check_shape(array, name)
    pixels = _eight_bits(array, name)
    mode = _MODES[array.shape[2] if array.ndim == 3 else 1]
    image = PIL.Image.frombytes(mode, (array.shape[1], array.shape[0]), pixels.tobytes())
    return image, f"{name} {'x'.join(map(str, array.shape))}"


def _as_numpy(value: Any) -> Any:
    try:
        # Loaded already by whoever made the array; only an exotic one can be made without it.
        import numpy

        if has(value, "detach") and has(value, "cpu"):  # a PyTorch tensor, perhaps on a GPU or in a gradient
            value = value.detach().cpu()
        return numpy.asarray(value)
    except Exception as exc:  # the value's own code: any error may come
        raise RequestInvalid(
            f"the {named(value)} does not turn into a NumPy array: {str(exc)[:200]}",
            hint="give it as a NumPy array of type uint8",
            param="image",
        ) from exc


def _check_shape(array: Any, name: str) -> None:
    shape = array.shape
    if array.size == 0:
        raise _refused(array, name, "it is empty", "give an array with at least one pixel")
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in _MODES):
        raise _refused(
            array, name, "a picture has the shape (height, width) or (height, width, 1 to 4)", _shape_hint(shape)
        )
    if shape[0] * shape[1] > MAX_PIXELS:
        raise _refused(array, name, f"it has more than {MAX_PIXELS} pixels", "give every second one: array[::2, ::2]")


def _shape_hint(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[0] in _MODES:
        return "channels stand last: give array.transpose(1, 2, 0), of a tensor tensor.permute(1, 2, 0)"
    if len(shape) == 4:
        return "give one picture of the batch: array[0]"
    if len(shape) == 1:
        return "give array.reshape(height, width)"
    return "give array[..., :3] for the first three channels, array[..., 0] for the first one"


def _eight_bits(array: Any, name: str) -> Any:
    """The array's values as bytes from 0 to 255."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return array.astype("uint8") * 255
    if kind == "f":
        return _from_floats(array, name)
    if (kind, size) == ("u", 2):
        return ((array.astype("uint32") + 128) // 257).astype("uint8")
    if kind in "iu" and array.min() >= 0 and array.max() <= 255:
        return array.astype("uint8")
    if kind in "iu":
        raise _refused(array, name, "whole numbers go from 0 to 255", "scale the values and give array.astype('uint8')")
    raise _refused(array, name, f"{array.dtype} are no brightnesses", "give array.astype('uint8')")


def _from_floats(array: Any, name: str) -> Any:
    import numpy

    if not numpy.isfinite(array).all():
        raise _refused(array, name, "it holds NaN or infinity", "give numpy.nan_to_num(array)")
    if array.min() < -_NOISE or array.max() > 1 + _NOISE:
        within_bytes = array.min() >= 0 and array.max() <= 255
        hint = "give array / 255" if within_bytes else "give (array - array.min()) / (array.max() - array.min())"
        raise _refused(array, name, "floats go from 0.0 to 1.0", hint)
    # Not in half precision: 255 times a float16 is off by more than a rounding.
    return numpy.rint(array.clip(0, 1).astype("float64") * 255).astype("uint8")


def _refused(array: Any, name: str, reason: str, hint: str) -> RequestInvalid:
    values = f"shape {tuple(array.shape)}, type {array.dtype}{_range(array)}"
    return RequestInvalid(f"the {name} ({values}) cannot be drawn: {reason}", hint=hint, param="image")


def _range(array: Any) -> str:
    import numpy

    if array.dtype.kind not in "iuf" or not array.size:
        return ""
    finite = array[numpy.isfinite(array)]
    if not finite.size:
        return ", no finite values"
    return f", values {finite.min():.6g} to {finite.max():.6g}"
