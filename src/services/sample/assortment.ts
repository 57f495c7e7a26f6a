/** What the sample retailer sells: departments with their classes and prices. */
export interface Department {
  readonly dept: number
  readonly name: string
  readonly group: number
  readonly nouns: readonly string[]
  readonly materials: readonly string[]
  /** Lowest and highest retail price. */
  readonly price: readonly [number, number]
  /** Empty: sold in one size. */
  readonly sizes: readonly string[]
}

const letters = ['XS', 'S', 'M', 'L', 'XL']
const cotton = ['Cotton', 'Linen', 'Jersey', 'Poplin', 'Merino']
const plain = { materials: ['Steel', 'Oak', 'Stoneware', 'Bamboo', 'Glass'], sizes: [] } as const

export const departments: readonly Department[] = [
  {
    dept: 1010,
    name: "Women's Tops",
    group: 100,
    nouns: ['Blouse', 'Tunic', 'T-Shirt', 'Cardigan'],
    materials: cotton,
    price: [14, 59],
    sizes: letters,
  },
  {
    dept: 1020,
    name: "Women's Dresses",
    group: 100,
    nouns: ['Wrap Dress', 'Shirt Dress', 'Maxi Dress'],
    materials: cotton,
    price: [39, 129],
    sizes: letters,
  },
  {
    dept: 1110,
    name: "Men's Shirts",
    group: 110,
    nouns: ['Oxford Shirt', 'Polo Shirt', 'Overshirt'],
    materials: cotton,
    price: [24, 79],
    sizes: letters,
  },
  {
    dept: 1120,
    name: "Men's Trousers",
    group: 110,
    nouns: ['Chino', 'Slim Jean', 'Cargo Trouser'],
    materials: ['Denim', 'Twill', 'Corduroy'],
    price: [34, 99],
    sizes: ['30', '32', '34', '36'],
  },
  {
    dept: 1210,
    name: 'Kids',
    group: 120,
    nouns: ['Romper', 'Hoodie', 'Leggings', 'Raincoat'],
    materials: cotton,
    price: [9, 39],
    sizes: ['2-3Y', '4-5Y', '6-7Y', '8-9Y'],
  },
  {
    dept: 2010,
    name: 'Footwear',
    group: 200,
    nouns: ['Trainer', 'Ankle Boot', 'Loafer', 'Sandal'],
    materials: ['Leather', 'Suede', 'Canvas'],
    price: [29, 149],
    sizes: ['38', '39', '40', '41', '42', '43'],
  },
  {
    dept: 2110,
    name: 'Bags and Accessories',
    group: 200,
    nouns: ['Tote', 'Backpack', 'Belt', 'Scarf', 'Wallet'],
    materials: ['Leather', 'Canvas', 'Felt'],
    price: [12, 139],
    sizes: [],
  },
  {
    dept: 3010,
    name: 'Bedding',
    group: 300,
    nouns: ['Duvet Cover', 'Fitted Sheet', 'Pillowcase'],
    materials: ['Percale', 'Sateen', 'Flannel'],
    price: [15, 119],
    sizes: ['Single', 'Double', 'King'],
  },
  {
    dept: 3020,
    name: 'Kitchen',
    group: 300,
    nouns: ['Saucepan', 'Chopping Board', 'Mixing Bowl', 'Carafe', 'Teapot'],
    price: [8, 89],
    ...plain,
  },
  {
    dept: 3030,
    name: 'Lighting',
    group: 300,
    nouns: ['Table Lamp', 'Floor Lamp', 'Pendant'],
    price: [29, 199],
    ...plain,
  },
  {
    dept: 4010,
    name: 'Toys',
    group: 400,
    nouns: ['Train Set', 'Puzzle', 'Building Blocks', 'Kite'],
    price: [7, 69],
    ...plain,
  },
  {
    dept: 5010,
    name: 'Garden',
    group: 400,
    nouns: ['Planter', 'Watering Can', 'Trowel', 'Lantern', 'Bench'],
    price: [9, 249],
    ...plain,
  },
]

export const colours = ['Black', 'White', 'Navy', 'Sage', 'Rust', 'Sand', 'Berry', 'Slate']
export const brands = ['Fairweather', 'North & Vale', 'Harbour Lane', 'Oakhurst', 'Mill Street', 'Pebble']

export interface City {
  readonly city: string
  readonly countryId: string
  readonly currencyCode: string
  readonly timezoneName: string
}

const usa = (city: string, timezoneName: string): City => ({
  city,
  countryId: 'US',
  currencyCode: 'USD',
  timezoneName,
})
const britain = (city: string): City => ({
  city,
  countryId: 'GB',
  currencyCode: 'GBP',
  timezoneName: 'Europe/London',
})
const euro = (city: string, countryId: string, timezoneName: string): City => ({
  city,
  countryId,
  currencyCode: 'EUR',
  timezoneName,
})

export const cities: readonly City[] = [
  usa('Minneapolis', 'America/Chicago'),
  usa('Chicago', 'America/Chicago'),
  usa('Austin', 'America/Chicago'),
  usa('Boston', 'America/New_York'),
  usa('Atlanta', 'America/New_York'),
  usa('Philadelphia', 'America/New_York'),
  usa('Denver', 'America/Denver'),
  usa('Seattle', 'America/Los_Angeles'),
  usa('Portland', 'America/Los_Angeles'),
  usa('San Diego', 'America/Los_Angeles'),
  britain('London'),
  britain('Manchester'),
  britain('Leeds'),
  britain('Bristol'),
  euro('Dublin', 'IE', 'Europe/Dublin'),
  euro('Hamburg', 'DE', 'Europe/Berlin'),
  euro('Cologne', 'DE', 'Europe/Berlin'),
  euro('Utrecht', 'NL', 'Europe/Amsterdam'),
  euro('Lyon', 'FR', 'Europe/Paris'),
  euro('Bologna', 'IT', 'Europe/Rome'),
]
