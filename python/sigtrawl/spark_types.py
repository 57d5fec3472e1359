"""The types of a Spark frame as Arrow types, and those of matches as Spark's.

PySpark has both directions for its own use, and changes them: the one of 4.0 asks for a time zone that the one of 3.5 does not
know. The table is small, so it is told here once for all of them. Instants are told in UTC, whatever the session's time zone: it
shows instants to people and is no part of them.
"""

from typing import TYPE_CHECKING, Any

from sigtrawl.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

# By the names of their classes, because older versions lack some. What is not here no worker can read: intervals of months have
# no form in pyarrow, and what is in a variant no Arrow type says.
_PLAIN = {
    "BooleanType": "bool",
    "ByteType": "int8",
    "ShortType": "int16",
    "IntegerType": "int32",
    "LongType": "int64",
    "FloatType": "float32",
    "DoubleType": "float64",
    "StringType": "string",
    "CharType": "string",
    "VarcharType": "string",
    "BinaryType": "binary",
    "DateType": "date32",
    "NullType": "null",
}
_BACK = {
    "bool": "BooleanType",
    "int8": "ByteType",
    "int16": "ShortType",
    "int32": "IntegerType",
    "int64": "LongType",
    "float": "FloatType",
    "double": "DoubleType",
    "string": "StringType",
    "binary": "BinaryType",
    "date32[day]": "DateType",
    "duration[us]": "DayTimeIntervalType",
    "time64[ns]": "TimeType",
    "timestamp[us]": "TimestampNTZType",
    "timestamp[us, tz=UTC]": "TimestampType",
    "null": "NullType",
}


def to_arrow(schema: Any) -> "pa.Schema":
    """Give the columns that a worker gets of a Spark frame.

    Raises:
        UsageError: A column has a type that does not get to a worker; it is named.
    """
    import pyarrow as pa

    return pa.schema([pa.field(field.name, _arrow_type(field.dataType, field.name), field.nullable) for field in schema])


def from_arrow(schema: "pa.Schema") -> Any:
    """Give a Spark type for Arrow columns that were made of Spark's own."""
    from pyspark.sql.types import StructType

    return StructType([_spark_field(field) for field in schema])


def _arrow_type(kind: Any, column: str) -> "pa.DataType":
    import pyarrow as pa

    name = type(kind).__name__
    match name:
        case "TimestampType":
            return pa.timestamp("us", "UTC")
        case "TimestampNTZType":
            return pa.timestamp("us")
        case "DayTimeIntervalType":
            return pa.duration("us")
        case "TimeType":
            return pa.time64("ns")
        case "DecimalType":
            return pa.decimal128(kind.precision, kind.scale)
        case "ArrayType":
            return pa.list_(pa.field("element", _arrow_type(kind.elementType, column), kind.containsNull))
        case "MapType":
            keys = pa.field("key", _arrow_type(kind.keyType, column), nullable=False)
            return pa.map_(keys, pa.field("value", _arrow_type(kind.valueType, column), kind.valueContainsNull))
        case "StructType":
            return pa.struct([pa.field(field.name, _arrow_type(field.dataType, column), field.nullable) for field in kind])
    if name not in _PLAIN:
        raise UsageError(_refusal(kind, column))
    return pa.type_for_alias(_PLAIN[name])


def _refusal(kind: Any, column: str) -> str:
    told = kind.simpleString()
    way = "to_json" if told == "variant" else "cast"
    turned = f"to_json({column})" if way == "to_json" else f"cast({column} as string)"
    return f"the column {column} has the type {told}, which rules cannot read: make text of it, as by {turned}, or drop it"


def _spark_field(field: "pa.Field") -> Any:
    from pyspark.sql.types import StructField

    return StructField(field.name, _spark_type(field.type), field.nullable)


def _spark_type(kind: "pa.DataType") -> Any:
    import pyarrow.types as kinds
    from pyspark.sql import types

    if kinds.is_struct(kind):
        return types.StructType([_spark_field(field) for field in kind])
    if kinds.is_map(kind):
        return types.MapType(_spark_type(kind.key_type), _spark_type(kind.item_type), kind.item_field.nullable)
    if kinds.is_list(kind):
        return types.ArrayType(_spark_type(kind.value_type), kind.value_field.nullable)
    if kinds.is_decimal(kind):
        return types.DecimalType(kind.precision, kind.scale)
    return getattr(types, _BACK[str(kind)])()
