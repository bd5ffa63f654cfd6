/// The words of the phrasebook, nouns and adjectives; verbs are in `FrenchLexicon+Verbs.swift`.
///
/// Chosen so that a French sentence has one English one: no noun with one form for both numbers,
/// none with two meanings, no h that forbids elision.
enum FrenchLexicon {
  static let professions: [FrenchPersonNoun] = [
    .init("étudiant", "étudiante", "student"), .init("professeur", "professeure", "teacher"),
    .init("médecin", "doctor"), .init("infirmier", "infirmière", "nurse"),
    .init("avocat", "avocate", "lawyer"), .init("chanteur", "chanteuse", "singer"),
    .init("acteur", "actrice", "actor"), .init("cuisinier", "cuisinière", "cook"),
    .init("boulanger", "boulangère", "baker"), .init("journaliste", "journalist"),
    .init("artiste", "artist"), .init("architecte", "architect"),
    .init("ingénieur", "ingénieure", "engineer"), .init("musicien", "musicienne", "musician"),
    .init("danseur", "danseuse", "dancer"), .init("écrivain", "écrivaine", "writer"),
    .init("dentiste", "dentist"), .init("pharmacien", "pharmacienne", "pharmacist"),
    .init("agriculteur", "agricultrice", "farmer"), .init("pilote", "pilot"),
  ]

  static let relations: [FrenchNoun] =
    [
      .masculine("frère", "brother"), .feminine("sœur", "sister"), .masculine("ami", "friend"),
      .feminine("amie", "friend"), .masculine("voisin", "neighbor"),
      .feminine("voisine", "neighbor"),
      .masculine("oncle", "uncle"), .feminine("tante", "aunt"), .masculine("cousin", "cousin"),
      .feminine("cousine", "cousin"),
    ] + parents

  /// Of whom one has one.
  static let parents: [FrenchNoun] = [.masculine("père", "father"), .feminine("mère", "mother")]

  /// Those one meets, singly or several.
  static let companions = relations.filter { !parents.contains($0) }

  static let names: [(name: String, gender: FrenchGender)] = [
    ("Paul", .masculine), ("Marie", .feminine), ("Thomas", .masculine), ("Sophie", .feminine),
    ("Pierre", .masculine), ("Anne", .feminine),
  ]

  // MARK: Things

  static let readings: [FrenchNoun] = [
    .masculine("livre", "book"), .feminine("lettre", "letter"), .feminine("histoire", "story"),
    .masculine("journal", "newspaper"),
  ]

  static let belongings: [FrenchNoun] = [
    .masculine("vélo", "bicycle"), .feminine("clé", "key"), .masculine("stylo", "pen"),
    .masculine("sac", "bag"), .masculine("téléphone", "phone"), .feminine("voiture", "car"),
    .masculine("ordinateur", "computer"), .masculine("billet", "ticket"),
    .masculine("cadeau", "gift"), .feminine("photo", "photo"), .masculine("parapluie", "umbrella"),
    .feminine("valise", "suitcase"), .feminine("fleur", "flower"), .feminine("lampe", "lamp"),
    .masculine("couteau", "knife", englishPlural: "knives"), .feminine("assiette", "plate"),
    .feminine("image", "picture"),
  ]

  static let clothes: [FrenchNoun] = [
    .masculine("chapeau", "hat"), .feminine("chemise", "shirt"), .feminine("robe", "dress"),
    .feminine("montre", "watch"),
  ]

  static let animals: [FrenchNoun] = [
    .masculine("chat", "cat"), .masculine("chien", "dog"), .masculine("oiseau", "bird"),
    .masculine("cheval", "horse"), .masculine("lapin", "rabbit"), .feminine("vache", "cow"),
  ]

  static let snacks: [FrenchNoun] = [
    .feminine("pomme", "apple"), .feminine("orange", "orange"), .masculine("gâteau", "cake"),
    .masculine("sandwich", "sandwich", plural: "sandwichs"), .masculine("œuf", "egg"),
    .feminine("banane", "banana"), .feminine("tomate", "tomato", englishPlural: "tomatoes"),
    .feminine("carotte", "carrot"), .masculine("citron", "lemon"),
  ]

  /// Uncountable: "du pain" is "bread".
  static let foods: [FrenchNoun] = [
    .masculine("pain", "bread"), .masculine("fromage", "cheese"), .feminine("viande", "meat"),
    .masculine("riz", "rice"), .feminine("soupe", "soup"), .masculine("chocolat", "chocolate"),
    .masculine("poulet", "chicken"), .feminine("salade", "salad"), .masculine("beurre", "butter"),
  ]

  /// Uncountable too.
  static let drinks: [FrenchNoun] = [
    .feminine("eau", "water"), .masculine("café", "coffee"), .masculine("thé", "tea"),
    .masculine("lait", "milk"), .masculine("vin", "wine"), .feminine("bière", "beer"),
  ]

  /// What one may like without eating it.
  static let pastimes: [FrenchNoun] = [
    .feminine("musique", "music"), .masculine("football", "football"),
    .masculine("tennis", "tennis"), .feminine("danse", "dance"),
  ]

  static let furniture: [FrenchNoun] = [
    .feminine("table", "table"), .feminine("chaise", "chair"), .masculine("lit", "bed"),
    .feminine("porte", "door"), .feminine("fenêtre", "window"), .masculine("arbre", "tree"),
    .feminine("maison", "house"),
  ]

  static let rooms: [FrenchNoun] = [
    .feminine("cuisine", "kitchen"), .masculine("jardin", "garden"),
    .masculine("salon", "living room"), .feminine("chambre", "bedroom"),
  ]

  // MARK: Places

  static let places: [FrenchNoun] = [
    .masculine("marché", "market"), .feminine("gare", "station"), .masculine("parc", "park"),
    .masculine("hôpital", "hospital"), .masculine("restaurant", "restaurant"),
    .masculine("cinéma", "cinema"), .masculine("musée", "museum"),
    .feminine("bibliothèque", "library"), .feminine("plage", "beach"), .feminine("banque", "bank"),
    .masculine("aéroport", "airport"), .masculine("hôtel", "hotel"),
    .feminine("université", "university"), .masculine("théâtre", "theater"),
    .feminine("boulangerie", "bakery"), .feminine("pharmacie", "pharmacy"),
    .feminine("piscine", "swimming pool"), .masculine("supermarché", "supermarket"),
    .feminine("école", "school"), .feminine("église", "church"),
  ]

  static let cities: [(french: String, english: String)] = [
    ("Paris", "Paris"), ("Lyon", "Lyon"), ("Londres", "London"), ("Séoul", "Seoul"),
    ("Rome", "Rome"), ("Berlin", "Berlin"), ("Genève", "Geneva"), ("Montréal", "Montreal"),
    ("Avignon", "Avignon"), ("Athènes", "Athens"),
  ]

  /// A country, and what leads into it and out of it.
  struct Country: Sendable {
    let inside: [String]
    let from: [String]
    let english: String

    static func feminine(_ name: String, _ english: String) -> Country {
      Country(inside: ["en", name], from: ["de", name], english: english)
    }

    /// "au Japon", "du Japon"; in the plural "aux Pays-Bas", "des Pays-Bas".
    static func withArticle(_ article: String, _ name: String, _ english: String) -> Country {
      Country(inside: ["à", article, name], from: ["de", article, name], english: english)
    }
  }

  static let countries: [Country] = [
    .feminine("France", "France"), .feminine("Italie", "Italy"), .feminine("Corée", "Korea"),
    .feminine("Espagne", "Spain"), .feminine("Allemagne", "Germany"),
    .feminine("Angleterre", "England"), .withArticle("le", "Japon", "Japan"),
    .withArticle("le", "Canada", "Canada"), .withArticle("le", "Portugal", "Portugal"),
    .withArticle("les", "États-Unis", "the United States"),
    .withArticle("les", "Pays-Bas", "the Netherlands"),
  ]

  static let languages: [FrenchNoun] = [
    .masculine("français", "French"), .masculine("anglais", "English"),
    .masculine("coréen", "Korean"), .masculine("espagnol", "Spanish"),
    .masculine("italien", "Italian"), .masculine("allemand", "German"),
    .masculine("japonais", "Japanese"), .masculine("chinois", "Chinese"),
  ]

  // MARK: Adjectives

  /// How somebody is just now: may be always or often so.
  static let moods: [FrenchAdjective] = [
    .init("fatigué", "tired"), .init("heureux", "happy", feminine: "heureuse"),
    .init("triste", "sad"), .init("malade", "sick"), .init("occupé", "busy"),
    .init("inquiet", "worried", feminine: "inquiète"), .init("calme", "calm"),
    .init("nerveux", "nervous", feminine: "nerveuse"),
    .init("généreux", "generous", feminine: "généreuse"), .init("patient", "patient"),
  ]

  /// How somebody is for good.
  static let characters: [FrenchAdjective] = [
    .init("jeune", "young"), .init("gentil", "kind", feminine: "gentille"),
    .init("intelligent", "intelligent"), .init("riche", "rich"), .init("pauvre", "poor"),
    .init("célèbre", "famous"), .init("timide", "shy"), .init("fort", "strong"),
    .init("sérieux", "serious", feminine: "sérieuse"), .init("honnête", "honest"),
  ]

  /// What has no degrees.
  static let conditions: [FrenchAdjective] = [
    .init("français", "French"), .init("anglais", "English"),
    .init("coréen", "Korean", feminine: "coréenne"), .init("espagnol", "Spanish"),
    .init("italien", "Italian", feminine: "italienne"), .init("allemand", "German"),
    .init("américain", "American"), .init("canadien", "Canadian", feminine: "canadienne"),
    .init("marié", "married"), .init("prêt", "ready"), .init("seul", "alone"),
  ]

  static let adjectivesBefore: [FrenchAdjective] = [
    .init("petit", "small"), .init("grand", "big"),
    .init("nouveau", "new", feminine: "nouvelle", beforeVowel: "nouvel"),
    .init("vieux", "old", feminine: "vieille", beforeVowel: "vieil"),
    .init("beau", "beautiful", feminine: "belle", beforeVowel: "bel"), .init("joli", "pretty"),
  ]

  static let adjectivesAfter: [FrenchAdjective] = [
    .init("rouge", "red"), .init("bleu", "blue"), .init("noir", "black"),
    .init("blanc", "white", feminine: "blanche"), .init("vert", "green"), .init("jaune", "yellow"),
    .init("gris", "gray"),
  ]

  static let degrees: [(french: String, english: String)] = [
    ("très", "very"), ("trop", "too"), ("vraiment", "really"), ("si", "so"),
  ]

  static let frequencies: [(french: String, english: String)] = [
    ("toujours", "always"), ("souvent", "often"),
  ]

  static let numbers: [(french: String, english: String)] = [
    ("deux", "two"), ("trois", "three"), ("quatre", "four"), ("cinq", "five"), ("dix", "ten"),
  ]

  /// Years of age from 2 to 60.
  static let ages: [(french: String, english: String)] = (2...60).map {
    (frenchNumber($0), EnglishNumeral.words($0))
  }

  /// "vingt et un", "vingt-deux".
  private static func frenchNumber(_ number: Int) -> String {
    let units = [
      "", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
      "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
    ]
    if number < 20 { return units[number] }
    let tens = ["", "", "vingt", "trente", "quarante", "cinquante", "soixante"][number / 10]
    return switch number % 10 {
    case 0: tens
    case 1: tens + " et un"
    default: tens + "-" + units[number % 10]
    }
  }
}
